import { Fault } from '../model/denial.ts'
import type { AuditStats } from './audit-stats.ts'
import { ChainWriter, type WrittenRecord } from './chain-writer.ts'
import type { AuditEvent } from './event.ts'
import { settingsOf, type FileAuditLogOptions, type FileAuditLogSettings } from './file-audit-log-options.ts'
import { Listeners } from './listeners.ts'
import type { AuditLog } from './log.ts'
import { Outage } from './outage.ts'
import { draftRecord } from './record.ts'
import { RecordQueue, type Entry } from './record-queue.ts'
import type { VerifyKey } from './signing-key.ts'

/** One batch; also how much a posting flood may gather before it is written without waiting for the linger. */
const MAX_BATCH_BYTES = 1024 * 1024

/**
 * The audit log in a file: records are queued and written in batches, each with one write and one fdatasync (group commit).
 * During an outage commits are refused, posts are kept in bounded memory, and the file is tried again until it takes them.
 */
export class FileAuditLog implements AuditLog {
  readonly mode: AuditLog['mode']
  readonly #settings: FileAuditLogSettings
  readonly #writer: ChainWriter
  readonly #queue: RecordQueue
  readonly #events = new Listeners<AuditEvent>()
  readonly #records = new Listeners<WrittenRecord>()
  readonly #outage: Outage
  #writing: Promise<void> | undefined
  #due = false
  #checkpointDue = false
  #scheduled = false
  #closed = false
  #lingerTimer: NodeJS.Timeout | undefined
  #checkpointTimer: NodeJS.Timeout | undefined
  #counts = { written: 0, batches: 0, bytes: 0, failures: 0, refused: 0, dropped: 0 }

  /**
   * Opens the log alone and goes on with its chain; what the last run left unfinished is recorded as `admin.audit_recovered`.
   * @throws Fault `audit_unavailable` where another process writes it, where it was tampered with, or where it cannot be written
   */
  static async open(given: FileAuditLogOptions): Promise<FileAuditLog> {
    const settings = settingsOf(given)
    try {
      const writer = await ChainWriter.open({ ...settings, io: given.io })
      return await new FileAuditLog(settings, writer).#recordNotes()
    } catch (cause) {
      if (cause instanceof Fault) throw cause
      throw new Fault('audit_unavailable', `the audit log ${given.file} cannot be written: ${messageOf(cause)}`, { cause })
    }
  }

  private constructor(settings: FileAuditLogSettings, writer: ChainWriter) {
    this.mode = settings.mode
    this.#settings = settings
    this.#writer = writer
    this.#queue = new RecordQueue(settings.maxQueuedBytes)
    this.#outage = new Outage(settings.clock, settings.retryMs, () => this.#wake())
  }

  /** Checks what this log signs. */
  get verifyKey(): VerifyKey {
    return this.#settings.signingKey.verifyKey
  }

  get writable(): boolean {
    return !this.#closed && !this.#outage.active && this.#queue.bytes < this.#settings.maxQueuedBytes / 4
  }

  commit(event: AuditEvent): Promise<void> {
    if (!this.writable) return this.#refuse()
    const draft = draftRecord(event, this.#settings.clock.nowMs())
    return new Promise((resolve, reject) => {
      if (!this.#queue.push({ draft, waiter: { resolve, reject } })) return resolve(this.#refuse())
      this.#events.tell(event)
      this.#wake()
    })
  }

  post(event: AuditEvent): void {
    const draft = draftRecord(event, this.#settings.clock.nowMs())
    this.#events.tell(event)
    if (this.#closed || !this.#queue.push({ draft, waiter: undefined })) return this.#drop()
    if (this.#queue.bytes > MAX_BATCH_BYTES) this.#wake()
    else this.#linger()
  }

  /** Tells of every event when it happens, whether or not it can be written: for counting. @returns the unsubscribe function */
  onEvent(listener: (event: AuditEvent) => void): () => void {
    return this.#events.add(listener)
  }

  /** Tells of every record once it is durable, checkpoints included: for showing. @returns the unsubscribe function */
  onRecord(listener: (record: WrittenRecord) => void): () => void {
    return this.#records.add(listener)
  }

  stats(): AuditStats {
    return {
      ...this.#counts,
      writable: this.writable,
      queuedRecords: this.#queue.length,
      queuedBytes: this.#queue.bytes,
      sideFailures: this.#writer.sideFailures,
      lastSeq: this.#writer.lastSeq,
    }
  }

  /**
   * Writes all that is queued, signs the end and lets go of the file. Nothing is taken after this call.
   * @throws Fault `audit_unavailable` where queued records could not be written: the message says how many
   */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#lingerTimer)
    clearTimeout(this.#checkpointTimer)
    this.#outage.stop()
    await this.#writingEnds()
    while (this.#queue.length > 0 || this.#outage.hasNews) {
      if (!(await this.#writeBatch())) return this.#giveUp()
    }
    await this.#writer.close().catch((cause: unknown) => {
      throw new Fault('audit_unavailable', `the audit log could not be signed off: ${messageOf(cause)}`, { cause })
    })
  }

  /** A write that hangs in the kernel cannot be called off; the end does not wait for it for ever. */
  async #writingEnds(): Promise<void> {
    if (this.#writing === undefined) return
    let timer: NodeJS.Timeout | undefined
    const hangs = new Promise<true>((resolve) => {
      timer = setTimeout(() => resolve(true), this.#settings.stallMs)
    })
    const hung = await Promise.race([this.#writing, hangs])
    clearTimeout(timer)
    if (hung === true) throw new Fault('audit_unavailable', `the audit log hangs; ${this.#queue.length} queued records are lost`)
  }

  #giveUp(): never {
    this.#rejectWaiting(this.#queue.takeWaiting(), undefined)
    this.#writer.release()
    throw new Fault('audit_unavailable', `the audit log could not be written at the end; ${this.#queue.length} records are lost`)
  }

  async #recordNotes(): Promise<this> {
    try {
      for (const reason of this.#writer.notes) await this.commit({ event: 'admin.audit_recovered', outcome: 'ok', reason })
      return this
    } catch (cause) {
      this.#closed = true
      this.#outage.stop()
      this.#writer.release()
      throw cause
    }
  }

  /** Writes soon: after what else this turn of the event loop brings, so that simultaneous commits share one batch. */
  #wake(): void {
    this.#due = true
    if (this.#scheduled || this.#writing !== undefined) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#closed && this.#writing === undefined) this.#writing = this.#run().finally(() => this.#afterRun())
    })
  }

  #linger(): void {
    if (this.#lingerTimer !== undefined || this.#writing !== undefined || this.#outage.pausing) return
    this.#lingerTimer = setTimeout(() => {
      this.#lingerTimer = undefined
      this.#wake()
    }, this.#settings.lingerMs)
  }

  async #run(): Promise<void> {
    while (!this.#closed && !this.#outage.pausing && this.#isDue()) {
      this.#due = false
      if (!(await this.#writeBatch())) break
      await this.#writer.settle()
    }
  }

  #afterRun(): void {
    this.#writing = undefined
    if (this.#closed || this.#outage.pausing) return
    if (this.#isDue()) this.#wake()
    else if (this.#queue.length > 0) this.#linger()
  }

  #isDue(): boolean {
    return this.#due || this.#queue.hasWaiters || this.#outage.hasNews || this.#queue.bytes > MAX_BATCH_BYTES
  }

  /** @returns whether it was written */
  async #writeBatch(): Promise<boolean> {
    const entries = this.#queue.take(MAX_BATCH_BYTES)
    const news = this.#outage.news(this.#counts)
    const drafts = entries.map((entry) => entry.draft)
    if (news !== undefined) drafts.push(draftRecord(news, this.#settings.clock.nowMs()))
    const checkpointWanted = this.#checkpointDue
    this.#checkpointDue = false
    const watch = setTimeout(() => this.#onStall(entries), this.#settings.stallMs)
    try {
      const records = await this.#writer.write(drafts, checkpointWanted)
      this.#outage.end(news !== undefined)
      this.#onWritten(entries, records)
      return true
    } catch (cause) {
      this.#onFailure(entries, cause)
      return false
    } finally {
      clearTimeout(watch)
    }
  }

  #onWritten(entries: readonly Entry[], records: readonly WrittenRecord[]): void {
    this.#counts.batches++
    this.#counts.written += records.length
    for (const entry of entries) entry.waiter?.resolve()
    for (const record of records) {
      this.#counts.bytes += record.line.length + 1
      this.#records.tell(record)
    }
    if (this.#writer.unsigned > 0 && this.#checkpointTimer === undefined && !this.#closed) this.#armCheckpoint()
  }

  /** What somebody waited for is taken out: they are told that it is not written, and so it must not be. */
  #onFailure(entries: readonly Entry[], cause: unknown): void {
    this.#counts.failures++
    this.#outage.begin(messageOf(cause), this.#counts)
    this.#queue.giveBack(entries.filter((entry) => entry.waiter === undefined))
    this.#rejectWaiting(entries.filter((entry) => entry.waiter !== undefined), cause)
    this.#rejectWaiting(this.#queue.takeWaiting(), cause)
    this.#outage.pause()
  }

  /** The write may still succeed; nobody waits for it any longer, and nothing new is taken until it has. */
  #onStall(entries: readonly Entry[]): void {
    this.#outage.begin(`a write took longer than ${this.#settings.stallMs} ms`, this.#counts)
    this.#rejectWaiting(entries.filter((entry) => entry.waiter !== undefined), undefined)
    this.#rejectWaiting(this.#queue.takeWaiting(), undefined)
  }

  #armCheckpoint(): void {
    this.#checkpointTimer = setTimeout(() => {
      this.#checkpointTimer = undefined
      this.#checkpointDue = true
      this.#wake()
    }, this.#settings.checkpointEveryMs)
    this.#checkpointTimer.unref()
  }

  #rejectWaiting(entries: readonly Entry[], cause: unknown): void {
    this.#counts.refused += entries.length
    for (const entry of entries) entry.waiter?.reject(unavailable(cause))
  }

  #refuse(): Promise<never> {
    this.#counts.refused++
    return Promise.reject(unavailable(undefined))
  }

  #drop(): void {
    this.#counts.dropped++
    this.#outage.noticeDrop()
  }
}

function unavailable(cause: unknown): Fault {
  return new Fault('audit_unavailable', 'the audit record cannot be written', { cause })
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
