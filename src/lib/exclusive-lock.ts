import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Held until it is released, or until its process ends however that dies. */
export interface ExclusiveLock {
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Takes a lock that stands for the file: an empty SQLite database opened exclusively.
 * Node has no `flock`; SQLite's is the kernel's own lock on the file, so that nothing is left of it after `kill -9`, and it holds
 * across containers that share a volume, where process ids say nothing.
 * @param waitMs how long to wait, blocking, for whoever holds it
 * @returns undefined where another process, or another holder in this one, has it
 * @throws Error where the file cannot be made or locked
 */
export function takeExclusiveLock(file: string, waitMs = 0): ExclusiveLock | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: waitMs })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    // By name: to open and close the file once more would end the kernel's lock on it.
    chmodSync(file, 0o600)
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    throw error
  }
  const held = database
  return { release: () => held.close() }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
