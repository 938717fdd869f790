import type { Clock } from '../lib/clock.ts'
import type { AuditLog } from './log.ts'
import type { SigningKey } from './signing-key.ts'
import type { SinkIo } from './sink-io.ts'

/** What `FileAuditLog.open` is told; whatever is left out has a default. */
export interface FileAuditLogOptions {
  readonly file: string
  readonly mode: AuditLog['mode']
  readonly signingKey: SigningKey
  readonly clock: Clock
  /** Rotation, default 256 MiB. */
  readonly maxSegmentBytes?: number | undefined
  /** Default 1000 records. */
  readonly checkpointEveryRecords?: number | undefined
  /** At most so long is a record without a checkpoint after it; default 10 s. */
  readonly checkpointEveryMs?: number | undefined
  /** At most so long does a posted record wait for others; default 25 ms. */
  readonly lingerMs?: number | undefined
  /** A write that takes longer counts as an outage; default 5 s. */
  readonly stallMs?: number | undefined
  /** First and longest pause between attempts during an outage; default 100 ms and 5 s. */
  readonly retryMs?: { readonly first: number; readonly longest: number } | undefined
  /** Memory for records that wait; default 64 MiB. New calls are refused from a quarter of it on. */
  readonly maxQueuedBytes?: number | undefined
  readonly io?: SinkIo | undefined
}

/** The options with nothing left open. */
export type FileAuditLogSettings = Required<Omit<FileAuditLogOptions, 'io'>> & { readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] }

const MIB = 1024 * 1024
const DEFAULTS = {
  maxSegmentBytes: 256 * MIB,
  checkpointEveryRecords: 1000,
  checkpointEveryMs: 10_000,
  lingerMs: 25,
  stallMs: 5000,
  retryMs: { first: 100, longest: 5000 },
  maxQueuedBytes: 64 * MIB,
}

/** Puts the defaults in. */
export function settingsOf(given: FileAuditLogOptions): FileAuditLogSettings {
  return {
    file: given.file,
    mode: given.mode,
    signingKey: given.signingKey,
    clock: given.clock,
    maxSegmentBytes: given.maxSegmentBytes ?? DEFAULTS.maxSegmentBytes,
    checkpointEveryRecords: given.checkpointEveryRecords ?? DEFAULTS.checkpointEveryRecords,
    checkpointEveryMs: given.checkpointEveryMs ?? DEFAULTS.checkpointEveryMs,
    lingerMs: given.lingerMs ?? DEFAULTS.lingerMs,
    stallMs: given.stallMs ?? DEFAULTS.stallMs,
    retryMs: given.retryMs ?? DEFAULTS.retryMs,
    maxQueuedBytes: given.maxQueuedBytes ?? DEFAULTS.maxQueuedBytes,
  }
}
