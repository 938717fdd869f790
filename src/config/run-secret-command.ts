import { execFile } from 'node:child_process'
import type { ExecFileException } from 'node:child_process'
import type { FileProblem } from './read-text-file.ts'

const TIMEOUT_MS = 15_000
const MAX_OUTPUT_BYTES = 65_536

/** Where a command runs, and how long it may. */
export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv
  readonly directory: string
  readonly timeoutMs?: number
}

/**
 * Runs a command that prints a secret: no shell, no input, bounded time and output. What it prints to stderr is not repeated:
 * it could hold what the command was about to print.
 */
export function runSecretCommand(argv: readonly string[], options: CommandOptions): Promise<string | FileProblem> {
  const { env, directory: cwd, timeoutMs = TIMEOUT_MS } = options
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = execFile(program, args, {
      env, cwd, shell: false, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8', windowsHide: true,
    }, (error, stdout) => resolve(error === null ? stdout : problemOf(program, error, timeoutMs)))
    child.stdin?.end()
  })
}

function problemOf(program: string, error: ExecFileException, timeoutMs: number): FileProblem {
  const expected = 'a program that prints the secret and ends with exit code 0'
  const code: unknown = error.code
  if (code === 'ENOENT') return { problem: `there is no program ${program}`, expected }
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return { problem: `${program} printed more than ${MAX_OUTPUT_BYTES} bytes`, expected }
  if (error.killed === true) return { problem: `${program} did not end within ${timeoutMs} ms`, expected }
  return { problem: `${program} failed (${typeof code === 'number' ? `exit code ${code}` : String(code ?? error.signal)})`, expected }
}
