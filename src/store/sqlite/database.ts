import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import { secureStoreFile } from './file-safety.ts'
import { migrate } from './migrations.ts'
import type { WorkerSettings } from './protocol.ts'
import { storeErrorOf } from './sqlite-error.ts'

const PAGE_BYTES = 4096
const WAL_ATTEMPTS = 40
const WAL_PAUSE_MS = 25

/**
 * Opens the store's file for this thread: write-ahead log, every commit on disk before it returns, checked for damage, tables up to date.
 * @throws StoreError
 */
export function openDatabase(settings: WorkerSettings): DatabaseSync {
  secureStoreFile(settings.path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(settings.path, { timeout: settings.busyTimeoutMs, enableForeignKeyConstraints: true })
    prepare(database, settings)
    return database
  } catch (error) {
    database?.close()
    throw storeErrorOf(error, settings.path)
  }
}

function prepare(database: DatabaseSync, settings: WorkerSettings): void {
  useWriteAheadLog(database)
  database.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY')
  database.enableDefensive(true)
  if (settings.maxBytes !== undefined) {
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(settings.maxBytes / PAGE_BYTES))}`)
  }
  checkIntegrity(database, settings.path)
  migrate(database, settings.path)
}

/** Of two processes that make the file at the same time, SQLite refuses one without waiting: so we wait. */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (storeErrorOf(error, '').code !== 'store_locked' || attempt === WAL_ATTEMPTS) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_PAUSE_MS)
    }
  }
}

function checkIntegrity(database: DatabaseSync, path: string): void {
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  if (verdict === 'ok') return
  throw new StoreError('store_corrupt', `The store ${path} is damaged: restore it from a backup, or remove it and connect again.`)
}
