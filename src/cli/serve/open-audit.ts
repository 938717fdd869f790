import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { FileAuditLog } from '../../audit/file-audit-log.ts'
import { loadOrCreateSigningKey, type SigningKey } from '../../audit/signing-key.ts'
import type { SinkIo } from '../../audit/sink-io.ts'
import { jsonFormat, StreamSink } from '../../audit/stream-sink.ts'
import type { AuditConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import { Misconfigured } from '../misconfigured.ts'

export interface OpenAuditOptions {
  readonly clock: Clock
  /** Where records go beside the file, if the configuration says so. */
  readonly stdout: Writable
  readonly io: SinkIo | undefined
}

/** Opens the one audit log of this process. @throws Misconfigured, Fault `audit_unavailable` */
export async function openAudit(config: AuditConfig, { clock, stdout, io }: OpenAuditOptions): Promise<FileAuditLog> {
  const { file, mode, maxSegmentBytes, checkpointEveryRecords, checkpointEveryMs } = config
  const signingKey = signingKeyOf(config.signingKeyFile)
  const audit = await FileAuditLog.open({ file, mode, signingKey, clock, maxSegmentBytes, checkpointEveryRecords, checkpointEveryMs, io })
  if (config.stdout) audit.onRecord(new StreamSink({ stream: stdout, format: jsonFormat }).write)
  return audit
}

/** A key that cannot be made is the machine's trouble; one that is there and wrong, the configuration's. */
function signingKeyOf(file: string): SigningKey {
  try {
    return loadOrCreateSigningKey(file)
  } catch (error) {
    if (!existsSync(file)) throw error
    throw new Misconfigured(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
