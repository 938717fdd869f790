import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileAuditLog } from '../../../src/audit/file-audit-log.ts'
import type { FileAuditLogOptions } from '../../../src/audit/file-audit-log-options.ts'
import { headFileOf, readHead } from '../../../src/audit/head-file.ts'
import { parseRecord, type ReadRecord } from '../../../src/audit/record.ts'
import { fullSegments } from '../../../src/audit/segments.ts'
import { loadOrCreateSigningKey, type SigningKey } from '../../../src/audit/signing-key.ts'
import { verifyFiles } from '../../../src/audit/verify.ts'
import type { ChainReport } from '../../../src/audit/verify-chain.ts'
import { systemClock } from '../../../src/lib/clock.ts'

/** A directory with a signing key and a log in it; gone when disposed. */
export class LogDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'postern-audit-'))
  readonly file: string
  readonly key: SigningKey = loadOrCreateSigningKey(join(this.path, 'audit.key'))

  /** @param logDirectory where under it the log lies, made here */
  constructor(logDirectory = '') {
    mkdirSync(join(this.path, logDirectory), { recursive: true })
    this.file = join(this.path, logDirectory, 'audit.jsonl')
  }

  open(extra: Partial<FileAuditLogOptions> = {}): Promise<FileAuditLog> {
    const { file, key } = this
    return FileAuditLog.open({ file, mode: 'strict', signingKey: key, clock: systemClock, lingerMs: 2, retryMs: { first: 2, longest: 10 }, ...extra })
  }

  /** All segments, oldest first. */
  files(): readonly string[] {
    return [...fullSegments(this.file), this.file]
  }

  text(): string {
    return this.files().map((file) => readFileSync(file, 'latin1')).join('')
  }

  records(): readonly ReadRecord[] {
    const lines = this.text().split('\n').slice(0, -1)
    return lines.map((line) => parseRecord(line)).filter((record) => record !== undefined)
  }

  /** What happened, checkpoints left out. */
  events(): readonly string[] {
    return this.records().map((record) => record.event).filter((event) => event !== 'audit.checkpoint')
  }

  verify(): Promise<ChainReport> {
    return verifyFiles(this.files(), { keys: [this.key.verifyKey], head: readHead(headFileOf(this.file)), anchor: undefined, beginsAt: 1 })
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
