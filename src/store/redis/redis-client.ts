import type { ConnectionOptions } from 'node:tls'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisServer, RedisTimings } from './redis-settings.ts'
import { SentinelTlsConnector, TlsConnector } from './tls-connector.ts'

/** A connection to Redis, whatever its topology; commands go through `call`. */
export type RedisClient = Redis | Cluster

const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 1000

/**
 * Makes a client that is not connected yet. It never keeps a command until a connection comes back, and never sends one twice: what was
 * under way when a connection broke fails at once, since nobody knows whether it was carried out.
 */
export function redisClient(server: RedisServer, timings: RedisTimings): RedisClient {
  const nodes = server.nodes.map(({ host, port }) => ({ host, port }))
  switch (server.topology) {
    case 'single':
      return new Redis({ ...connectionOptions(server, timings), ...nodes[0] })
    case 'sentinel':
      return new Redis({ ...connectionOptions(server, timings), ...sentinelOptions(server, timings), sentinels: nodes, name: server.masterName ?? '' })
    case 'cluster':
      return new Cluster(nodes, clusterOptions(server, timings))
  }
}

function connectionOptions(server: RedisServer, timings: RedisTimings) {
  return {
    // Answers in the one form that every version of Redis speaks.
    protocol: 2 as const,
    replyMapping: 'legacy' as const,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Not one: what was sent before a connection broke would be sent again, and be told as lost where it had won.
    maxRetriesPerRequest: 0,
    connectTimeout: timings.socketMs,
    socketTimeout: timings.socketMs,
    retryStrategy: backoff,
    // A master that became a replica refuses to write: the connection is made anew, to whoever is master now. The command is not repeated.
    reconnectOnError: (error) => (/\bREADONLY\b/.test(error.message) ? 1 : false),
    db: server.database,
    connectionName: 'postern',
    ...(server.username !== undefined && { username: server.username }),
    ...(server.password !== undefined && { password: server.password.reveal() }),
    ...(server.tls !== undefined && { tls: tlsOptions(server.tls), Connector: TlsConnector }),
  } satisfies RedisOptions
}

/**
 * Without ioredis's `failoverDetector`: where it hears of a new master while a connection is being made, the client ends for good. A master that
 * was replaced is noticed all the same, since it is gone or refuses to write.
 */
function sentinelOptions({ tls }: RedisServer, timings: RedisTimings) {
  return {
    role: 'master' as const,
    sentinelRetryStrategy: backoff,
    sentinelCommandTimeout: timings.commandMs,
    ...(tls !== undefined && { sentinelTLS: tlsOptions(tls), enableTLSForSentinelMode: true, Connector: SentinelTlsConnector }),
  } satisfies RedisOptions
}

function clusterOptions(server: RedisServer, timings: RedisTimings) {
  const { lazyConnect: _lazy, enableOfflineQueue: _queue, retryStrategy: _retry, ...redisOptions } = connectionOptions(server, timings)
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    redisOptions,
    scaleReads: 'master' as const,
    clusterRetryStrategy: backoff,
    // 0: a command whose connection broke is not sent to another node; MOVED and ASK are followed, since they say that nothing was done.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: timings.socketMs,
    slotsRefreshInterval: 2 * LONGEST_RETRY_MS,
    // By name, so that a node's certificate can be checked against it.
    ...(server.tls !== undefined && { dnsLookup: (host: string, done: (error: null, address: string) => void): void => done(null, host) }),
  } satisfies ClusterOptions
}

function tlsOptions({ caPem, serverName }: NonNullable<RedisServer['tls']>): ConnectionOptions {
  return { ...(caPem !== undefined && { ca: caPem }), ...(serverName !== undefined && { servername: serverName }) }
}

/** Doubles up to a second, half of it by chance: several authorities do not come back in step. */
function backoff(attempt: number): number {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_RETRY_MS)
  return Math.ceil(longest / 2 + (Math.random() * longest) / 2)
}
