import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Place } from '../support/canary.ts'
import type { PosternWorld } from '../support/postern-world.ts'

/** What a run of git came to. */
export interface GitRun {
  readonly code: number
  /** What it printed, on both. */
  readonly text: string
}

/** How git reaches Postern: as the proxy in its environment, or by the base URL that its configuration puts in place of GitHub's. */
export type Mode = 'proxy' | 'reverse'

/** The real git, an unmodified client, with a home of its own and no person to ask. */
export class GitClient {
  readonly home: string
  /** All that any run printed. */
  readonly printed: string[] = []
  readonly #env: Readonly<Record<string, string>>
  readonly #running = new Set<AbortController>()

  private constructor(home: string, env: Readonly<Record<string, string>>) {
    this.home = home
    this.#env = env
  }

  static async make(world: Pick<PosternWorld, 'port' | 'bundle' | 'proxyUrl'>, token: string | undefined, mode: Mode): Promise<GitClient> {
    const home = await mkdtemp(join(tmpdir(), 'postern-git-'))
    const own = { 'user.name': 'PR Reviewer', 'user.email': 'agent@acme.test', 'init.defaultBranch': 'main', 'advice.detachedHead': 'false' }
    const base = `http://${token === undefined ? '' : `agent:${token}@`}127.0.0.1:${world.port}/github/`
    const all = mode === 'reverse' ? { ...own, [`url.${base}.insteadOf`]: 'https://github.com/' } : own
    const config = Object.entries(all).flatMap(([name, value], index) => [[`GIT_CONFIG_KEY_${index}`, name], [`GIT_CONFIG_VALUE_${index}`, value]])
    const proxy = mode === 'proxy' ? { https_proxy: token === undefined ? `http://127.0.0.1:${world.port}` : world.proxyUrl(token), GIT_SSL_CAINFO: world.bundle } : {}
    return new GitClient(home, {
      PATH: process.env['PATH'] ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C',
      GIT_CONFIG_COUNT: String(Object.keys(all).length), ...Object.fromEntries(config) as Record<string, string>, ...proxy,
    })
  }

  /** Runs git in a folder below its home; never rejects for what git thinks of it. */
  run(args: readonly string[], { folder = '.', env = {}, timeoutMs = 60_000 }: { folder?: string; env?: Record<string, string>; timeoutMs?: number } = {}): Promise<GitRun> {
    const controller = new AbortController()
    this.#running.add(controller)
    return new Promise((resolve) => {
      const options = { cwd: join(this.home, folder), env: { ...this.#env, ...env }, timeout: timeoutMs, maxBuffer: 64 * 1_048_576, signal: controller.signal }
      execFile('git', [...args], options, (error, stdout, stderr) => {
        this.#running.delete(controller)
        const text = `${stdout}${stderr}`
        this.printed.push(text)
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, text })
      })
    })
  }

  /** @throws Error with what git printed, where it did not succeed */
  async must(...args: Parameters<GitClient['run']>): Promise<string> {
    const { code, text } = await this.run(...args)
    if (code !== 0) throw new Error(`git ${args[0].join(' ')} ended with ${code}: ${text}`)
    return text
  }

  /** Makes a commit with one file. */
  async commit(folder: string, file: string, content: string | Buffer): Promise<void> {
    await writeFile(join(this.home, folder, file), content)
    await this.must(['add', '--', file], { folder })
    await this.must(['commit', '--quiet', '-m', `Change ${file}`], { folder })
  }

  async digest(folder: string, file: string): Promise<string> {
    return createHash('sha256').update(await readFile(join(this.home, folder, file))).digest('hex')
  }

  /** All that git wrote and printed, for the search for secrets. */
  async places(): Promise<readonly Place[]> {
    const names = (await readdir(this.home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const files = await Promise.all(names.filter((name) => !name.endsWith('.pack')).map(async (name) => ({ name, bytes: await readFile(name) })))
    return [...files, { name: 'what git printed', bytes: this.printed.join('\n') }]
  }

  async close(): Promise<void> {
    for (const controller of this.#running) controller.abort()
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 })
  }
}
