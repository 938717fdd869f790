/** Builds `src/` to `dist/`. With `--if-stale`, only where a source is newer than the last build. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'dist', '.built')

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function isStale(): boolean {
  if (!existsSync(stamp)) return true
  const builtMs = statSync(stamp).mtimeMs
  const inputs = [...filesBelow(join(root, 'src')), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json'), join(root, 'package-lock.json')]
  return inputs.some((file) => statSync(file).mtimeMs > builtMs)
}

function build(): number {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
  if (tsc.status !== 0) return tsc.status ?? 1
  for (const file of filesBelow(join(root, 'src')).filter((name) => !name.endsWith('.ts'))) {
    const target = join(root, 'dist', file.slice(join(root, 'src').length + 1))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(file, target)
  }
  chmodSync(join(root, 'dist', 'bin.js'), 0o755)
  writeFileSync(stamp, '')
  return 0
}

if (!process.argv.includes('--if-stale') || isStale()) process.exitCode = build()
