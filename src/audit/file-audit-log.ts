import { Fault } from '../model/denial.ts'
import type { AuditStats } from './audit-stats.ts'
import { ChainWriter } from './chain-writer.ts'
import type { AuditEvent } from './event.ts'
import { settingsOf, type FileAuditLogOptions, type FileAuditLogSettings } from './file-audit-log-options.ts'
import { Listeners } from './listeners.ts'
import { BLOCK_BYTES, type LineBlock, type Waiter } from './line-block.ts'
import type { AuditLog } from './log.ts'
import { Outage } from './outage.ts'
import { RecordQueue } from './record-queue.ts'
import type { VerifyKey } from './signing-key.ts'
import type { WrittenRecord } from './written-record.ts'

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
    this.#queue.follow(writer.lastSeq)
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
    return new Promise((resolve, reject) => {
      if (!this.#queue.push(event, this.#settings.clock.nowMs(), { resolve, reject })) return resolve(this.#refuse())
      this.#events.tell(event)
      this.#wake()
    })
  }

  post(event: AuditEvent): void {
    this.#events.tell(event)
    if (this.#closed || !this.#queue.push(event, this.#settings.clock.nowMs(), undefined)) return this.#drop()
    if (this.#queue.bytes > BLOCK_BYTES) this.#wake()
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
    this.#outage.stop()
    this.#rejectAll(this.#queue.takeWaiting(), undefined)
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
    return this.#due || this.#queue.hasWaiters || this.#outage.hasNews || this.#queue.bytes > BLOCK_BYTES
  }

  /** @returns whether it was written */
  async #writeBatch(): Promise<boolean> {
    const block = this.#queue.take()
    const queued = block.count
    const news = this.#outage.news(this.#counts)
    if (news !== undefined) block.add(news, this.#settings.clock.nowMs(), this.#writer.lastSeq + 1)
    const watch = setTimeout(() => this.#onStall(block), this.#settings.stallMs)
    try {
      const place = this.#writer.chain(block, this.#checkpointDue)
      this.#queue.follow(place.after.seq)
      await this.#writer.append(block, place)
      if (place.signedSeq === place.after.seq) this.#checkpointDue = false
      this.#outage.end(news !== undefined)
      this.#onWritten(block)
      return true
    } catch (cause) {
      block.cut(queued)
      this.#onFailure(block, cause)
      return false
    } finally {
      clearTimeout(watch)
    }
  }

  #onWritten(block: LineBlock): void {
    if (block.count > 0) this.#counts.batches++
    this.#counts.written += block.count
    this.#counts.bytes += block.length
    for (const waiter of block.takeWaiters()) waiter.resolve()
    if (this.#records.any) for (const record of block.records()) this.#records.tell(record)
    this.#queue.reuse(block)
    if (this.#writer.unsigned > 0 && this.#checkpointTimer === undefined && !this.#closed) this.#armCheckpoint()
  }

  /** What somebody waited for is taken out: they are told that it is not written, and so it must not be. */
  #onFailure(block: LineBlock, cause: unknown): void {
    this.#counts.failures++
    this.#outage.begin(messageOf(cause), this.#counts)
    const waiters = [...block.takeWaiters(), ...this.#queue.takeWaiting()]
    block.dropAwaited()
    this.#queue.giveBack(block)
    this.#rejectAll(waiters, cause)
    this.#outage.pause()
  }

  /** The write may still succeed; nobody waits for it any longer, and nothing new is taken until it has. */
  #onStall(block: LineBlock): void {
    this.#outage.begin(`a write took longer than ${this.#settings.stallMs} ms`, this.#counts)
    this.#rejectAll([...block.takeWaiters(), ...this.#queue.takeWaiting()], undefined)
  }

  #armCheckpoint(): void {
    this.#checkpointTimer = setTimeout(() => {
      this.#checkpointTimer = undefined
      this.#checkpointDue = true
      this.#wake()
    }, this.#settings.checkpointEveryMs)
    this.#checkpointTimer.unref()
  }

  #rejectAll(waiters: readonly Waiter[], cause: unknown): void {
    this.#counts.refused += waiters.length
    for (const waiter of waiters) waiter.reject(unavailable(cause))
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
