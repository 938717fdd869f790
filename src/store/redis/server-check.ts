import { Cluster } from 'ioredis'
import { StoreError } from '../store-error.ts'
import type { RedisClient } from './redis-client.ts'

const OLDEST = [6, 2] as const

/**
 * Looks whether the server, or every master of the cluster, is one that keeps what it stores. INFO alone is asked: managed servers forbid CONFIG.
 * @throws StoreError `store_volatile`, `store_failed`, and what the connection throws
 */
export async function checkServer(client: RedisClient, allowVolatile: boolean): Promise<void> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client]
  for (const info of await Promise.all(servers.map((server) => server.info()))) checkInfo(info, allowVolatile)
}

/** @param info as INFO gives it, all sections. @throws StoreError */
export function checkInfo(info: string, allowVolatile: boolean): void {
  const facts = new Map(info.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const))
  const version = facts.get('redis_version') ?? 'unknown'
  if (!recent(version)) {
    throw new StoreError('store_failed', `Redis is of version ${version}, and the store needs ${OLDEST.join('.')} or newer: upgrade it.`)
  }
  if (allowVolatile) return
  const missing = [
    ...(facts.get('aof_enabled') === '1' ? [] : ['`appendonly yes`']),
    ...(facts.get('maxmemory_policy') === 'noeviction' ? [] : ['`maxmemory-policy noeviction`']),
  ]
  if (missing.length > 0) {
    throw new StoreError('store_volatile',
      `Redis may forget delegations, connections and revocations: set ${missing.join(' and ')} there, or allow a volatile store in the configuration.`)
  }
}

function recent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
