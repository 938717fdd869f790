import type { StoreConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import { takeExclusiveLock } from '../../lib/exclusive-lock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Store } from '../../store/ports/store.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { Logger } from './operational-log.ts'

/** The store, and its end. */
export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** Opens the store that is configured. @throws StoreError; Error where another process has the file */
export function openStore(config: StoreConfig, clock: Clock, timers: Timers, log: Logger): Promise<OpenStore> {
  if (config.redis !== undefined) return openShared(config.redis, config.keys, clock, timers, log)
  if (config.file === undefined) throw new TypeError('a store is a file or a Redis')
  return openEmbedded(config.file, config.keys, clock, log)
}

/** For this process alone: a second one would take the first one's live credentials for what a crash left, and end them. */
async function openEmbedded(file: string, keys: StoreConfig['keys'], clock: Clock, log: Logger): Promise<OpenStore> {
  const onLost = (error: unknown): void => log.error({ err: error }, 'the store is lost: nothing can be issued or approved until the next start')
  const store = await openSqliteStore({ path: file, keys, clock, onLost })
  const lock = takeExclusiveLock(`${file}.lock`)
  if (lock === undefined) {
    await store.close()
    throw new Error(`another Postern uses the store ${file}: give each a store.file of its own, or all of them one store.redis`)
  }
  return {
    store,
    close: async () => {
      await store.close()
      lock.release()
    },
  }
}

async function openShared(server: NonNullable<StoreConfig['redis']>, keys: StoreConfig['keys'], clock: Clock, timers: Timers, log: Logger): Promise<OpenStore> {
  // Its client is loaded only where a Redis is configured.
  const { openRedisStore } = await import('../../store/redis/open-redis-store.ts')
  const store = await openRedisStore({
    server, keys, clock, timers,
    onReachable: (reachable, why) => {
      if (reachable) log.info('the store can be reached again')
      else log.error({ code: why?.code, reason: why?.message }, 'the store cannot be reached: nothing new is issued or approved until it can')
    },
    onDefect: (error) => log.error({ err: error }, 'a listener to the store’s changes failed'),
  })
  return { store, close: () => store.close() }
}
