import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Ask } from './contender.ts'
import { pinned } from './processes.ts'
import type { World } from './world.ts'

/** What a load generator saw. */
export interface Load {
  readonly requests: number
  readonly failed: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly problem?: string
}

/** What is asked for by default: 1 KB of JSON. */
export const PATH = '/v1/things/42'

/** How long a contender is loaded before what is counted: compilers are at work then. Whichever comes first. */
export interface WarmUp {
  readonly requests: number
  readonly seconds: number
}

export function warmUpOf({ options }: World): WarmUp {
  // What is measured is compiled by V8 in steps, the last of them after some 30,000 requests.
  return options.quick ? { requests: 20_000, seconds: 3 } : { requests: 80_000, seconds: 15 }
}

/** The flags by which the load program warms up. */
export function warmUpFlags(world: World): readonly string[] {
  const { requests, seconds } = warmUpOf(world)
  return ['-warm-up', String(seconds), '-warm-up-requests', String(requests)]
}

/**
 * Loads a plain port by wrk, from the other core, once it is warm.
 * @param countFromHere called when the counted part begins
 */
export async function wrk(world: World, ask: Ask, connections: number, seconds: number, countFromHere: () => void): Promise<Load> {
  await loadProgram(world, ask, { client: 'closed', flags: ['-connections', String(connections), ...warmUpFlags(world), '-seconds', '0'] }, () => undefined)
  countFromHere()
  return wrkOnce(ask, connections, seconds)
}

async function wrkOnce({ port, prefix, headers }: Ask, connections: number, seconds: number): Promise<Load> {
  const url = `http://127.0.0.1:${port}${prefix}${PATH}`
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(import.meta.dirname, 'report.lua'), ...headers.flatMap((header) => ['-H', header])]
  const text = await output(['wrk', ...flags, url], async () => undefined)
  const json = /^RESULT (.*)$/m.exec(text)?.[1]
  if (json === undefined) throw new Error(`wrk gave no result: ${text}`)
  return JSON.parse(json) as Load
}

/** What a client of the bench's own is to do. */
export interface Task {
  readonly client: 'closed' | 'rate' | 'tunnels' | 'idle' | 'stream' | 'websocket'
  readonly path?: string
  readonly flags: readonly string[]
}

/**
 * Runs a client of the load program from the other core.
 * @param between called where it pauses: warmed up, or its connections open. It goes on when that has resolved
 */
export async function loadProgram(world: World, ask: Ask, { client, path = PATH, flags }: Task, between: () => Promise<void> | void): Promise<Load & { readonly seconds: number }> {
  const where = ['-door', ask.door, '-address', `127.0.0.1:${ask.port}`, '-path', ask.prefix + path, '-target', ask.target]
  const roots = ask.caFile === '' ? [] : ['-ca', ask.caFile]
  const headers = [...ask.headers.flatMap((header) => ['-header', header]), ...ask.connectHeaders.flatMap((header) => ['-connect-header', header])]
  const text = await output([world.load, client, ...where, ...roots, ...headers, ...flags], between)
  const json = /^\{.*\}$/m.exec(text)?.[0]
  if (json === undefined) throw new Error(`the load program gave no result: ${text}`)
  return JSON.parse(json) as Load & { readonly seconds: number }
}

/** Runs a load generator to its end. @param between called when it says READY */
async function output(command: readonly string[], between: () => Promise<void> | void): Promise<string> {
  const [file, args] = pinned('other', command)
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let [text, problem, paused] = ['', '', false]
  let failure: Error | undefined
  child.stdin.on('error', () => undefined)
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (paused || !/^READY$/m.test(text)) return
    paused = true
    void (async () => between())().then(() => child.stdin.write('\n'), (error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error))
      child.stdin.end()
    })
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (failure !== undefined) throw failure
  if (code !== 0) throw new Error(`${problem.trim() || text.trim()} (exit code ${code})`)
  return text
}
