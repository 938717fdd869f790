import { type Clock, systemClock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { SealedPlace } from '../envelope.ts'
import { nameDigest, newIndexKey } from '../envelope-digest.ts'
import { EnvelopeInForce } from '../envelope-in-force.ts'
import type { Store } from '../ports/store.ts'
import { ChangeFeed } from './change-feed.ts'
import { replaceKeys, sealAnew } from './seal-anew.ts'
import { SqliteAgents } from './sqlite-agents.ts'
import { SqliteApprovals } from './sqlite-approvals.ts'
import { SqliteAuditIndex } from './sqlite-audit-index.ts'
import { SqliteConnections } from './sqlite-connections.ts'
import { SqliteDelegations } from './sqlite-delegations.ts'
import { SqliteKeyring } from './sqlite-keyring.ts'
import { SqliteLiveCredentials } from './sqlite-live-credentials.ts'
import { SqlitePeople } from './sqlite-people.ts'
import { SqliteShortLived } from './sqlite-short-lived.ts'
import { WorkerClient } from './worker-client.ts'

export interface SqliteStoreOptions {
  /** The one file; made (0600) where it is missing, its folder (0700) too. */
  readonly path: string
  /** Key encryption keys, 32 bytes each as hex, base64 or raw: the first seals, the others still open. */
  readonly keys: readonly [Secret, ...Secret[]]
  readonly clock?: Clock
  /** How long another process may hold the file before a call fails with `store_locked`. */
  readonly busyTimeoutMs?: number
  /** Upper bound of the file; beyond it writes fail with `store_full`. */
  readonly maxBytes?: number
  /** Told once where the store's thread dies; `Store.open` is false from then on, and only a new start helps. */
  readonly onLost?: (error: unknown) => void
}

const BUSY_TIMEOUT_MS = 5000

/**
 * Opens the embedded store in a thread of its own. Several processes of one machine may share the file; each is told its own changes only.
 * @throws StoreError, in one sentence that says what would be right
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, keys, clock = systemClock, busyTimeoutMs = BUSY_TIMEOUT_MS, maxBytes, onLost = () => undefined } = options
  const envelope = new EnvelopeInForce(keys)
  const feed = new ChangeFeed(clock)
  const client = await WorkerClient.start({ path, busyTimeoutMs, maxBytes }, (error) => {
    feed.fallSilent()
    onLost(error)
  })
  try {
    return storeOn(client, envelope, feed, clock, await openKeys(client, envelope))
  } catch (error) {
    await client.close()
    throw error
  }
}

function storeOn(client: WorkerClient, envelope: EnvelopeInForce, feed: ChangeFeed, clock: Clock, indexKey: Secret): Store {
  let rotation: Promise<void> = Promise.resolve()
  return {
    get open() { return client.open },
    agents: new SqliteAgents(client, feed, clock),
    delegations: new SqliteDelegations(client, feed, clock),
    people: new SqlitePeople(client, feed, clock),
    approvals: new SqliteApprovals(client, feed, clock),
    shortLived: new SqliteShortLived(client, envelope, nameDigest(indexKey), clock),
    keyring: new SqliteKeyring(client, envelope, feed),
    auditIndex: new SqliteAuditIndex(client),
    changes: feed,
    connections: new SqliteConnections(client, envelope, feed, clock),
    liveCredentials: new SqliteLiveCredentials(client, envelope),
    // One after the other: the last that was given is in force at the end.
    useKeys: (keys) => (rotation = rotation.catch(() => undefined).then(() => replaceKeys(client, envelope, keys))),
    close: async () => {
      feed.fallSilent()
      await client.close()
    },
  }
}

/**
 * A wrong key is found at the start, not at the first call: an empty store remembers its key too. What an older key sealed is sealed anew,
 * so that the older key can be taken out of the configuration afterwards.
 * @returns the key of the index, which is made with the store
 */
async function openKeys(client: WorkerClient, envelope: EnvelopeInForce): Promise<Secret> {
  await claimed(client, envelope, 'key_check', new Secret('postern'))
  const indexKey = await claimed(client, envelope, 'index_key', newIndexKey())
  await sealAnew(client, envelope, envelope.currentKeyId)
  return indexKey
}

async function claimed(client: WorkerClient, envelope: EnvelopeInForce, name: string, candidate: Secret): Promise<Secret> {
  const place: SealedPlace = { table: 'meta', row: name, column: 'value' }
  return envelope.open(await client.call('meta.claim', { name, value: envelope.seal(candidate, place) }), place)
}
