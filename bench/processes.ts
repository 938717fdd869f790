import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { treeOf } from './process-tree.ts'

const CORES = { proxy: '0', other: availableParallelism() > 1 ? '1' : '0' }

/** What a process is pinned to: the proxy alone to one core, all else to the other; `any` to none. */
export type Core = keyof typeof CORES | 'any'

/** Longer than nearly all take to end. */
const END_MS = 3_000
const LISTEN_MS = 20_000

export interface StartOptions {
  /** What it says, errors included. */
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  /** After which one that was asked to end is killed. */
  readonly endMs?: number
}

/** A process that was started here, and is ended by its id whatever becomes of the bench. */
export interface Started {
  readonly pid: number
  stop(): Promise<void>
}

const running = new Set<number>()
process.once('exit', () => {
  for (const pid of running) for (const each of treeOf(pid)) kill(each, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** A command that is pinned to a core. */
export function pinned(core: Core, command: readonly string[]): readonly [string, readonly string[]] {
  const [file = '', ...args] = command
  return core === 'any' ? [file, args] : ['taskset', ['-c', CORES[core], ...command]]
}

/** Starts a process and waits until it listens. @throws where it ends before, or does not listen in time */
export async function start(core: Core, command: readonly string[], port: number, options: StartOptions): Promise<Started> {
  const started = launch(core, command, options)
  await listening(port, started, `${command.join(' ')} (${options.logFile})`).catch(async (error: unknown) => {
    await started.stop()
    throw error
  })
  return started
}

interface Launched extends Started {
  readonly exited: Promise<void>
}

/** Starts a process; it listens later. */
export function launch(core: Core, command: readonly string[], { logFile, env = process.env, endMs = END_MS }: StartOptions): Launched {
  const [file, args] = pinned(core, command)
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const pid = pidOf(child)
  running.add(pid)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(pid)
      log.end()
      resolve()
    })
  })
  return { pid, exited, stop: () => stop(pid, exited, endMs) }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`)
  return child.pid
}

async function stop(pid: number, exited: Promise<void>, endMs: number): Promise<void> {
  const tree = treeOf(pid)
  kill(pid, 'SIGTERM')
  const late = setTimeout(() => kill(pid, 'SIGKILL'), endMs)
  await exited
  clearTimeout(late)
  // Helpers of a parent that was killed.
  for (const each of tree) kill(each, 'SIGKILL')
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

async function listening(port: number, { exited }: Launched, what: string): Promise<void> {
  const ended = exited.then(() => {
    throw new Error(`${what} ended before it listened`)
  })
  ended.catch(() => undefined)
  const until = performance.now() + LISTEN_MS
  while (!(await Promise.race([accepts(port), ended]))) {
    if (performance.now() > until) throw new Error(`${what} did not listen on ${port}`)
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), ended])
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
