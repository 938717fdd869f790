import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'

/** Where git is on the systems that this runs on; nothing else of the environment reaches it. */
const PATH = '/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin'
const MAX_TOLD = 2_000

/** What git was asked to do and did not. */
export class GitFailed extends Error {
  /** Whether there is no git on this machine. */
  readonly missing: boolean

  constructor(message: string, missing: boolean) {
    super(message)
    this.name = 'GitFailed'
    this.missing = missing
  }
}

/** Starts git in a folder, with no configuration but that folder's own. */
export function startGit(args: readonly string[], folder: string, env: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
  return spawn('git', args, { cwd: folder, env: { PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C', ...env } })
}

/** Runs git to its end, `input` as its standard input. @throws GitFailed */
export function runGit(args: readonly string[], folder: string, input: Buffer = Buffer.alloc(0)): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = startGit(args, folder)
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => { if (told.length < MAX_TOLD) told += chunk.toString() })
    child.stdout.resume()
    child.once('error', (error) => reject(new GitFailed('git cannot be started', 'code' in error && error.code === 'ENOENT')))
    child.once('close', (code) => (code === 0 ? resolve() : reject(new GitFailed(`git ${args[0] ?? ''} ended with ${code}: ${told}`, false))))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
