import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** A real redis-server on loopback, in a folder of its own. */
export interface RedisServerUnderTest {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly folder: string
  /** Ends it as `kill -9` does; the folder stays. */
  kill(): Promise<void>
  /** Stops it answering, its connections stay open. */
  freeze(): void
  thaw(): void
  /** Starts it again on the same port and folder. */
  restart(settings?: readonly string[]): Promise<void>
  /** Everything in its folder. */
  files(): Buffer
  /** Ends it and removes the folder. */
  remove(): Promise<void>
}

const DURABLE = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0']
const STARTED_WITHIN_MS = 10_000

/**
 * Starts a server that keeps what it stores; `settings` are added (and win), as on its command line.
 * @throws Error where redis-server is not installed
 */
export async function startRedisServer(settings: readonly string[] = []): Promise<RedisServerUnderTest> {
  return started(await freePort(), [...DURABLE, ...settings], settings)
}

/** Starts a sentinel that watches this server as `master`, alone, and replaces it once it has been away for half a second. */
export async function startSentinel(master: Pick<RedisServerUnderTest, 'host' | 'port'>): Promise<RedisServerUnderTest> {
  return started(await freePort(), ['--sentinel'], [], [
    `sentinel monitor master ${master.host} ${master.port} 1`,
    'sentinel down-after-milliseconds master 500',
    'sentinel failover-timeout master 3000',
  ])
}

async function started(port: number, given: readonly string[], more: readonly string[], lines: readonly string[] = ['save ""']): Promise<RedisServerUnderTest> {
  requireRedisServer()
  const folder = mkdtempSync(join(tmpdir(), 'postern-redis-'))
  let child: ChildProcess = await start(port, folder, given, lines)
  return {
    host: '127.0.0.1', port, folder,
    kill: () => ended(child, 'SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    restart: async (others = more) => {
      child = await start(port, folder, [...DURABLE, ...others], lines)
    },
    files: () => Buffer.concat(filesUnder(folder).map((file) => readFileSync(file))),
    remove: async () => {
      child.kill('SIGCONT')
      await ended(child, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @throws Error in one sentence */
export function requireRedisServer(): void {
  if (spawnSync('redis-server', ['--version']).status === 0) return
  throw new Error('redis-server is not installed, and the tests of the Redis store run against a real one: `apt-get install redis-server`.')
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

async function start(port: number, folder: string, given: readonly string[], lines: readonly string[]): Promise<ChildProcess> {
  // By a file, since a sentinel needs one that it can write to.
  const file = join(folder, `redis-${port}.conf`)
  writeFileSync(file, ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, `logfile ${folder}/log`, ...lines].join('\n'))
  const child = spawn('redis-server', [file, ...given], { stdio: 'ignore' })
  // A run that is broken off leaves none behind.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => void process.removeListener('exit', end))
  await answering(port, child, folder, given)
  return child
}

async function answering(port: number, child: ChildProcess, folder: string, given: readonly string[]): Promise<void> {
  const at = given.indexOf('--requirepass')
  const password = at === -1 ? {} : { password: given[at + 1] ?? '' }
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null, protocol: 2, disableClientInfo: true, ...password })
  client.on('error', () => undefined)
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      client.ping(),
      new Promise((_, reject) => {
        const give = (why: string): void => reject(new Error(`redis-server ${why}: ${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}`))
        timer = setTimeout(() => give('did not answer in time'), STARTED_WITHIN_MS)
        child.once('exit', (code) => give(`ended with ${code}`))
      }),
    ])
  } finally {
    clearTimeout(timer)
    client.disconnect()
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
