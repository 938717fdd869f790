import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseRecord } from '../../../src/audit/record.ts'
import { LogDirectory } from './log-directory.ts'

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url))

/** What some kills of a writing process showed. */
export interface KillResult {
  kills: number
  acknowledged: number
  records: number
  segments: number
  /** Starts that found a torn end, moved it aside and told of it. */
  tornEnds: number
  /** Acknowledged records that are not in the log, or are there twice: must be empty. */
  wrong: string[]
  /** What the verification after each restart found: must be empty. */
  problems: string[]
}

/**
 * Kills a process that commits records at full speed, again and again over one log; after each restart every acknowledged record
 * must be in the log exactly once, and the chain must verify.
 * @param killAfterMs when to kill, counted from when the log was open
 */
export async function runKills(kills: number, killAfterMs: () => number, concurrency: number): Promise<KillResult> {
  using directory = new LogDirectory()
  const result: KillResult = { kills: 0, acknowledged: 0, records: 0, segments: 0, tornEnds: 0, wrong: [], problems: [] }
  for (let run = 0; run < kills; run++) {
    const writer = await startWriter([directory.path, `run${run}`, String(concurrency)])
    await delay(killAfterMs())
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    result.kills++
    // The restart: recovery runs, and is what is verified.
    await (await directory.open()).close()
    await check(directory, result)
  }
  return result
}

/** @returns the process, once it has the log open */
export async function startWriter(args: readonly string[], before: readonly string[] = []): Promise<ChildProcess> {
  const [command = process.execPath, ...rest] = [...before, process.execPath, WRITER, ...args]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  await told(child, 'open')
  return child
}

/** Waits until the process has written this word on its standard output. */
export async function told(child: ChildProcess, word: string): Promise<void> {
  const { stdout } = child
  if (stdout === null) throw new TypeError('the process has no pipe')
  let text = ''
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the writer ended before it said ${word}`)))
  const said = new Promise<void>((resolve) => {
    const look = (chunk: Buffer): void => {
      text += chunk.toString()
      if (!text.includes(word)) return
      stdout.off('data', look)
      resolve()
    }
    stdout.on('data', look)
  })
  await Promise.race([said, ended])
  ended.catch(() => undefined)
}

/** Compares what was acknowledged with what is in the log, and verifies the chain. */
export async function check(directory: LogDirectory, result: KillResult): Promise<void> {
  const acknowledged = readFileSync(`${directory.path}/acknowledged`, 'utf8').split('\n').slice(0, -1)
  const counts = new Map<unknown, number>()
  const lines = directory.text().split('\n').slice(0, -1)
  for (const line of lines) {
    const exchange = parseRecord(line)?.fields['exchange']
    counts.set(exchange, (counts.get(exchange) ?? 0) + 1)
  }
  result.wrong.push(...acknowledged.filter((id) => counts.get(id) !== 1))
  result.problems.push(...(await directory.verify()).problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}`))
  result.acknowledged = acknowledged.length
  result.records = lines.length
  result.segments = directory.files().length
  result.tornEnds = readdirSync(directory.path).filter((name) => name.includes('.torn-')).length
}
