import { spawn, type ChildProcess } from 'node:child_process'
import { afterEach } from 'vitest'
import { BIN } from './built.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface SpawnOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What runs it: `bash -c 'ulimit …; exec "$@"' -` and its like. */
  readonly before?: readonly string[]
  /** In place of the tests' own Node. */
  readonly node?: string
  /** In place of `dist/bin.js`. */
  readonly bin?: string
}

/** The environment of a user, with nothing that npm or vitest put into this one's. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8', ...more }
}

const running = new Set<PosternProcess>()

/** `postern …` as a process of its own. */
export class PosternProcess {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()
  #stdout = ''
  #stderr = ''
  #end: Ended | undefined

  constructor(args: readonly string[], { cwd, env, before = [], node = process.execPath, bin = BIN }: SpawnOptions) {
    const [command = node, ...rest] = [...before, node, bin, ...args]
    this.#child = spawn(command, rest, { cwd, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#grow(() => (this.#stdout += chunk.toString())))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#grow(() => (this.#stderr += chunk.toString())))
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        running.delete(this)
        this.#grow(() => (this.#end = { code, signal, stdout: this.#stdout, stderr: this.#stderr }))
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })
      })
    })
    running.add(this)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The first match in what it has said, or says next; fails where it ends without. */
  says(pattern: RegExp, on: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(on === 'stdout' ? this.#stdout : this.#stderr)
        if (match === null && this.#end === undefined) return
        this.#watchers.delete(look)
        if (match !== null) resolve(match)
        else reject(new Error(`it ended (${this.#end?.code ?? this.#end?.signal}) without saying ${pattern}:\n${this.#stdout}${this.#stderr}`))
      }
      this.#watchers.add(look)
      look()
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended.catch(() => undefined)
  }

  #grow(add: () => void): void {
    add()
    for (const look of this.#watchers) look()
  }
}

/** Runs a command to its end. */
export function postern(args: readonly string[], options: SpawnOptions): Promise<Ended> {
  return new PosternProcess(args, options).ended
}

/** What a person can read: no frame of a stack. */
export const STACK = /^\s+at .+[:(]/m

/** Ends what a test left running; before its directory is removed, into which it may still write. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.kill()))
}

afterEach(killAll)
