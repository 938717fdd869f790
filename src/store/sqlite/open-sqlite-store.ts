import { type Clock, systemClock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { Envelope } from '../envelope.ts'
import type { Store } from '../ports/store.ts'
import { SqliteConnections } from './sqlite-connections.ts'
import { SqliteLiveCredentials } from './sqlite-live-credentials.ts'
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
const KEY_CHECK = { table: 'meta', row: 'key_check', column: 'value' } as const

/**
 * Opens the embedded store in a thread of its own. Several processes of one machine may share the file.
 * @throws StoreError, in one sentence that says what would be right
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, keys, clock = systemClock, busyTimeoutMs = BUSY_TIMEOUT_MS, maxBytes, onLost = () => undefined } = options
  const envelope = new Envelope(keys)
  const client = await WorkerClient.start({ path, busyTimeoutMs, maxBytes }, onLost)
  try {
    await checkKeys(client, envelope)
  } catch (error) {
    await client.close()
    throw error
  }
  return {
    get open() { return client.open },
    connections: new SqliteConnections(client, envelope, clock),
    liveCredentials: new SqliteLiveCredentials(client, envelope),
    close: () => client.close(),
  }
}

/**
 * A wrong key is found at the start, not at the first call: an empty store remembers its key too. What an older key sealed is sealed anew,
 * so that the older key can be taken out of the configuration afterwards.
 */
async function checkKeys(client: WorkerClient, envelope: Envelope): Promise<void> {
  const known = await client.call('meta.claim', { name: KEY_CHECK.row, value: envelope.seal(new Secret('postern'), KEY_CHECK) })
  envelope.open(known, KEY_CHECK)
  for (const cell of await client.call('sealed.under_other_keys', envelope.currentKeyId)) {
    const value = envelope.seal(envelope.open(cell.value, cell), cell)
    await client.call('sealed.replace', { cell, value })
  }
}
