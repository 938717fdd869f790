import { onTestFinished } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { openRedisStore, type RedisStoreOptions } from '../../src/store/redis/open-redis-store.ts'
import type { RedisServer } from '../../src/store/redis/redis-settings.ts'
import type { RedisServerUnderTest } from '../support/redis-server.ts'
import { KEYS, type StoreUnderTest } from './contracts/store-under-test.ts'

export const KEY_A = new Secret(KEYS[0])
export const KEY_B = new Secret(KEYS[1])

let prefixes = 0

/** A prefix that no other test has. */
export function freshPrefix(): string {
  return `test-${++prefixes}`
}

/** How the store finds this server. */
export function serverAt({ host, port }: Pick<RedisServerUnderTest, 'host' | 'port'>, changes: Partial<RedisServer> = {}): RedisServer {
  return {
    topology: 'single', nodes: [{ host, port }], masterName: undefined, username: undefined, password: undefined, database: 0, tls: undefined,
    prefix: freshPrefix(), allowVolatile: false, ...changes,
  }
}

/** Opens a store that is closed when the test has finished. */
export async function opened(options: Partial<RedisStoreOptions> & Pick<RedisStoreOptions, 'server'>): Promise<Store> {
  const store = await openRedisStore({ keys: [KEY_A], ...options })
  onTestFinished(() => store.close())
  return store
}

/** A store under a prefix of its own, with a clock that stands still. */
export async function redisUnderTest(server: RedisServerUnderTest, options: Partial<RedisStoreOptions> = {}): Promise<StoreUnderTest> {
  const clock = { now: 1_000_000 }
  const at = serverAt(server)
  const reopen = (keys: readonly [Secret, ...Secret[]] = [KEY_A]): Promise<Store> =>
    opened({ server: at, keys, clock: { nowMs: () => clock.now, monotonicMs: () => clock.now }, ...options })
  return { store: await reopen(), clock, reopen, stolen: () => Promise.resolve(server.files()) }
}
