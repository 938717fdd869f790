import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../house/source-tree.ts'

/** The program as users run it. */
export const BIN = join(root, 'dist', 'bin.js')

/** Brings `dist/` up to date; where it is already, that takes a tenth of a second. Several test files may ask at once. */
export function build(): void {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts'), '--if-stale'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`)
}
