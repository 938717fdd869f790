import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { systemTimers, type Timers } from '../../lib/timers.ts'
import { Envelope } from '../envelope.ts'
import { type NameDigest, nameDigest, newIndexKey } from '../envelope-digest.ts'
import type { Store } from '../ports/store.ts'
import type { StoreError } from '../store-error.ts'
import { ChangeFeed } from './change-feed.ts'
import { connect, keepConnected } from './connect.ts'
import { InstanceLease } from './instance-lease.ts'
import { keySpace } from './key-space.ts'
import { KeyRotation } from './key-rotation.ts'
import { RedisAgents } from './redis-agents.ts'
import { RedisApprovals } from './redis-approvals.ts'
import { RedisAuditIndex } from './redis-audit-index.ts'
import { redisClient } from './redis-client.ts'
import { RedisConnections } from './redis-connections.ts'
import { RedisDelegations } from './redis-delegations.ts'
import { redisStoreError } from './redis-error.ts'
import { RedisKeyring } from './redis-keyring.ts'
import { RedisLink } from './redis-link.ts'
import { RedisLiveCredentials } from './redis-live-credentials.ts'
import { RedisPeople } from './redis-people.ts'
import { type RedisServer, type RedisTimings, TIMINGS } from './redis-settings.ts'
import { RedisShortLived } from './redis-short-lived.ts'
import { Sealing } from './sealing.ts'
import { checkServer } from './server-check.ts'
import { ServerWatch } from './server-watch.ts'
import type { StoreAccess } from './store-access.ts'

export interface RedisStoreOptions {
  readonly server: RedisServer
  /** Key encryption keys, 32 bytes each as hex, base64 or raw: the first seals, the others still open. */
  readonly keys: readonly [Secret, ...Secret[]]
  readonly clock?: Clock
  readonly timers?: Timers
  /** Names this process among all that use the store; no two that run at once have the same. By chance where it is not given. */
  readonly instance?: string
  readonly timings?: Partial<RedisTimings>
  /** Told whenever Redis is lost (with what is known of why) and found again. */
  readonly onReachable?: (reachable: boolean, why: StoreError | undefined) => void
  /** Told what a listener of changes threw. */
  readonly onDefect?: (error: unknown) => void
}

/**
 * Opens the shared store. Several processes may use it at once; one that loses Redis finds it again by itself.
 * @throws StoreError, in one sentence that says what would be right; TypeError for a prefix that is none
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { server, keys, clock = systemClock, timers = systemTimers, onDefect = () => undefined, onReachable = () => undefined } = options
  const timings = { ...TIMINGS, ...options.timings }
  const [key, envelope] = [keySpace(server.prefix), new Envelope(keys)]
  const [main, reader] = [redisClient(server, timings), redisClient(server, timings)]
  const link = new RedisLink(main, timers, timings.commandMs, key('places'))
  const feed = new ChangeFeed({ link, reader, stream: key('changes'), clock, timers, timings, onDefect })
  const access: StoreAccess = { link, feed, key, sealing: new Sealing(envelope), clock }
  const lease = new InstanceLease(access, timers, timings.instanceLeaseMs, options.instance ?? randomUUID())
  const watch = new ServerWatch({ client: main, link, timers, allowVolatile: server.allowVolatile, onReachable })
  let release: readonly (() => void)[] = []
  const close = once(async () => {
    watch.end()
    for (const letGo of release) letGo()
    await lease.end()
    await feed.close()
    await link.close()
  })
  try {
    await Promise.all([connect(main, timers, timings.openMs), connect(reader, timers, timings.openMs)])
    await checkServer(main, server.allowVolatile)
    await link.prepare()
    const digest = await unlock(access, keys)
    await feed.start()
    await lease.begin()
    watch.begin()
    release = [main, reader].map((client) => keepConnected(client, timers))
    return assemble(access, lease, digest, timings, close)
  } catch (error) {
    reader.disconnect()
    await link.close()
    throw redisStoreError(error, 'read')
  }
}

function assemble(access: StoreAccess, lease: InstanceLease, digest: NameDigest, timings: RedisTimings, close: () => Promise<void>): Store {
  const { link, feed } = access
  const rotation = new KeyRotation(access)
  return {
    get open() { return link.ready && feed.silentForMs() <= timings.lostAfterMs },
    agents: new RedisAgents(access),
    delegations: new RedisDelegations(access),
    people: new RedisPeople(access),
    approvals: new RedisApprovals(access),
    shortLived: new RedisShortLived(access, digest),
    keyring: new RedisKeyring(access, 'key'),
    auditIndex: new RedisAuditIndex(access),
    changes: feed,
    connections: new RedisConnections(access),
    liveCredentials: new RedisLiveCredentials(access, lease),
    useKeys: (keys) => rotation.useKeys(keys),
    close,
  }
}

/**
 * A wrong key is found at the start, not at the first call: an empty store remembers its key too. What an older key sealed is sealed anew, so
 * that the older key can be taken out of the configuration afterwards.
 */
async function unlock(access: StoreAccess, keys: RedisStoreOptions['keys']): Promise<NameDigest> {
  const meta = new RedisKeyring(access, 'meta')
  await meta.claim('key_check', new Secret('postern'))
  const indexKey = await meta.claim('index_key', newIndexKey())
  await new KeyRotation(access).useKeys(keys)
  return nameDigest(indexKey)
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => (result ??= work())
}
