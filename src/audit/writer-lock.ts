import { takeExclusiveLock, type ExclusiveLock } from '../lib/exclusive-lock.ts'
import { Fault } from '../model/denial.ts'

/** Held for as long as a process writes the log. */
export type WriterLock = ExclusiveLock

/**
 * Takes the one writer's lock of a log: `<file>.lock`.
 * @throws Fault `audit_unavailable` where another process, or another log of this one, holds it
 */
export function acquireWriterLock(logFile: string): WriterLock {
  const file = `${logFile}.lock`
  const lock = lockOf(logFile, file)
  if (lock === undefined) throw unavailable(logFile, 'another process is writing it')
  return lock
}

function lockOf(logFile: string, file: string): ExclusiveLock | undefined {
  try {
    return takeExclusiveLock(file)
  } catch (cause) {
    throw unavailable(logFile, `${file} cannot be locked`, cause)
  }
}

function unavailable(logFile: string, why: string, cause?: unknown): Fault {
  return new Fault('audit_unavailable', `the audit log ${logFile} cannot be opened: ${why}`, cause === undefined ? {} : { cause })
}
