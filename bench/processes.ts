import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'

const PROXY_CORE = '0'
const OTHER_CORE = availableParallelism() > 1 ? '1' : '0'

/** Clock ticks a second of /proc's CPU times; fixed by Linux's user interface. */
const TICKS_PER_SECOND = 100

export interface Started {
  readonly child: ChildProcess
  stop(): Promise<void>
}

/** Starts a process on the proxy's core or the other one, and waits until it listens. */
export async function start(core: 'proxy' | 'other', command: readonly string[], port: number, env: NodeJS.ProcessEnv = process.env): Promise<Started> {
  const child = spawn('taskset', ['-c', core === 'proxy' ? PROXY_CORE : OTHER_CORE, ...command], { stdio: ['ignore', 'ignore', 'inherit'], env })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await listening(port, exited, command.join(' '))
  return {
    child,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function listening(port: number, exited: Promise<void>, what: string): Promise<void> {
  let gone = false
  void exited.then(() => (gone = true))
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (gone) throw new Error(`${what} ended before it listened`)
    if (await accepts(port)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not listen on ${port}`)
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

/** User and system CPU time of a process so far, microseconds; all its threads. */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * (1_000_000 / TICKS_PER_SECOND)
}

/** Resident memory of a process, megabytes. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

export interface Load {
  readonly requests: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly failed: number
}

/** Loads a port with keep-alive connections for some seconds, from the other core. */
export async function load(url: string, connections: number, seconds: number, headers: readonly string[]): Promise<Load> {
  const script = new URL('./report.lua', import.meta.url).pathname
  const args = ['-c', OTHER_CORE, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, ...headers.flatMap((header) => ['-H', header]), url]
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await new Promise<void>((resolve, reject) => child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`wrk ended with ${code}: ${text}`)))))
  const json = /^RESULT (.*)$/m.exec(text)?.[1]
  if (json === undefined) throw new Error(`wrk gave no result: ${text}`)
  return JSON.parse(json) as Load
}

/** Makes sure the load generator is there: Debian's package `wrk`. */
export function needWrk(): void {
  if (spawnSync('wrk', ['--version']).error === undefined) return
  const install = spawnSync('sh', ['-c', 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk'], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (install.status !== 0) throw new Error('the bench needs wrk (Debian: apt-get install wrk)')
}
