import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../model/denial.ts'

/** Held for as long as a process writes the log. */
export interface WriterLock {
  release(): void
}

/**
 * Takes the one writer's lock of a log: `<file>.lock`, an empty SQLite database opened exclusively.
 * Node has no `flock`; SQLite's is the kernel's own lock on the file, so that it ends with its process however that dies, and
 * holds across containers that share a volume, where process ids say nothing.
 * @throws Fault `audit_unavailable` where another process, or another log of this one, holds it
 */
export function acquireWriterLock(logFile: string): WriterLock {
  const file = `${logFile}.lock`
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    // By name: to open and close the file once more would end the kernel's lock on it.
    chmodSync(file, 0o600)
  } catch (cause) {
    database?.close()
    const why = isBusy(cause) ? 'another process is writing it' : `${file} cannot be locked`
    throw new Fault('audit_unavailable', `the audit log ${logFile} cannot be opened: ${why}`, { cause })
  }
  const held = database
  return { release: () => held.close() }
}

const SQLITE_BUSY = 5

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY
}
