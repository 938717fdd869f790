import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** What an agent's program wants opened in its person's browser. */
export interface Wish {
  readonly open: string
  /** What a device shows. */
  readonly code?: string
}

const ENDS_WITHIN_MS = 50_000

/**
 * Runs an agent's program, with nothing of this one's environment but the path.
 * @param browse answers each of its wishes, as its person would
 * @returns the last line that it printed
 * @throws Error with what it wrote where it fails
 */
export async function runAgent(command: string, args: readonly string[], env: Readonly<Record<string, string>>, browse?: (wish: Wish) => Promise<unknown>): Promise<unknown> {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: ENDS_WITHIN_MS, killSignal: 'SIGKILL' })
  const ended = once(child, 'close')
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  let last: unknown
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      last = JSON.parse(line) as unknown
      if (isWish(last)) await browse?.(last)
    }
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL')
  }
  const [code] = await ended as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${complaint}`)
  return last
}

function isWish(line: unknown): line is Wish {
  return typeof line === 'object' && line !== null && 'open' in line
}
