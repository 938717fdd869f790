import type { StoreConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import { takeExclusiveLock } from '../../lib/exclusive-lock.ts'
import type { Store } from '../../store/ports/store.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'

/**
 * Opens the store for this process alone: a second one would take the first one's live credentials for what a crash left, and end them.
 * @throws StoreError; Error where another process has it
 */
export async function openStore({ file, keys }: StoreConfig, clock: Clock, onLost: (error: unknown) => void): Promise<Store> {
  const store = await openSqliteStore({ path: file, keys, clock, onLost })
  const lock = takeExclusiveLock(`${file}.lock`)
  if (lock === undefined) {
    await store.close()
    throw new Error(`another Postern uses the store ${file}: give each a store.file of its own`)
  }
  return {
    connections: store.connections,
    liveCredentials: store.liveCredentials,
    get open() {
      return store.open
    },
    close: async () => {
      await store.close()
      lock.release()
    },
  }
}
