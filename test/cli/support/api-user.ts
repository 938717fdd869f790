import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../house/source-tree.ts'
import { postern, PosternProcess, type Ended } from './process.ts'

/** Somebody at a terminal: a home of their own. */
export class ApiUser {
  readonly home = mkdtempSync(join(tmpdir(), 'postern-user-'))
  readonly loginsFile = join(this.home, 'postern', 'logins.json')
  env: Readonly<Record<string, string>> = {}

  run(args: readonly string[]): Promise<Ended> {
    return postern(args, this.#options())
  }

  start(args: readonly string[]): PosternProcess {
    return new PosternProcess(args, this.#options())
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true })
  }

  #options() {
    return { cwd: this.home, bin: join(root, 'src', 'bin.ts'), env: { HOME: this.home, XDG_CONFIG_HOME: this.home, ...this.env } }
  }
}
