import type { Cancel, Timers } from '../lib/timers.ts'
import { CHECKPOINT } from './record.ts'
import type { WrittenRecord } from './written-record.ts'
import type { FileAuditLog } from './file-audit-log.ts'
import { chainIdOf, renewChainId } from './chain-id.ts'
import { indexedRecord, type IndexedRecord } from './indexed-record.ts'
import { readRecordsFrom, type ReadLine } from './read-records.ts'
import { RecentLines } from './recent-lines.ts'

/** Where the searchable copy is kept: a part of the store's port of that name. */
export interface RecordIndex {
  append(records: readonly IndexedRecord[]): Promise<void>
  lastSeq(chain: string): Promise<number>
  prune(keepRecords: number): Promise<void>
}

export interface AuditIndexerOptions {
  readonly log: Pick<FileAuditLog, 'onRecord' | 'stats'>
  /** The log's file. */
  readonly file: string
  readonly index: RecordIndex
  readonly timers: Timers
  /** Told once an outage of the index begins, and each time that another kind of trouble comes. */
  readonly onProblem: (error: unknown) => void
  /** Default 1,000,000. */
  readonly keepRecords?: number
  /** How long records wait for others; default 100 ms. */
  readonly lingerMs?: number
  /** First and longest pause between attempts; default 200 ms and 10 s. */
  readonly retryMs?: { readonly first: number; readonly longest: number }
  /** Memory for records that wait; default 8 MiB. */
  readonly maxQueuedBytes?: number
}

const BATCH_RECORDS = 500
const BATCH_BYTES = 1024 * 1024
const PRUNE_EVERY = 20_000
const MIB = 1024 * 1024

/**
 * Copies the records of the chained file into the searchable index, behind it and never in its way: what does not fit into bounded memory, or was
 * not copied when the process ended, is read from the file again by its number.
 */
export class AuditIndexer {
  readonly #options: AuditIndexerOptions
  readonly #recent: RecentLines
  readonly #unsubscribe: () => void
  #chain = ''
  #placed = false
  /** The last number that is in the index, or need not be. */
  #indexed = 0
  /** The number that was not found where the file was read last. */
  #missed = 0
  #sincePruned = PRUNE_EVERY
  #failing = false
  #pauseMs: number
  #closed = false
  #cancel: Cancel | undefined
  #working: Promise<void> | undefined

  private constructor(options: AuditIndexerOptions) {
    this.#options = options
    this.#pauseMs = options.retryMs?.first ?? 200
    this.#recent = new RecentLines(options.maxQueuedBytes ?? 8 * MIB)
    this.#unsubscribe = options.log.onRecord((record) => this.#take(record))
  }

  /**
   * Begins where the index stands; what is missing there is copied from the file without anybody waiting for it.
   * @throws Error of the file system where the chain's name can neither be read nor made
   */
  static start(options: AuditIndexerOptions): AuditIndexer {
    const indexer = new AuditIndexer(options)
    indexer.#chain = chainIdOf(options.file)
    indexer.#working = indexer.#run()
    return indexer
  }

  /** The chain's name in the index. */
  get chain(): string {
    return this.#chain
  }

  /** How many records the index lacks. */
  get lag(): number {
    return Math.max(0, this.#options.log.stats().lastSeq - this.#indexed)
  }

  /** Copies what waits, once more, and ends; what is still missing is copied at the next start. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#unsubscribe()
    this.#cancel?.()
    await this.#working
    if (!this.#failing && this.#placed) await this.#copy().catch(this.#options.onProblem)
    this.#closed = true
    this.#cancel?.()
  }

  #take({ seq, event, line }: WrittenRecord): void {
    // A checkpoint says nothing to a reader; its number counts all the same.
    this.#recent.add({ seq, line: event === CHECKPOINT ? '' : line })
    this.#wakeIn(this.#options.lingerMs ?? 100)
  }

  #wakeIn(delayMs: number): void {
    if (this.#closed || this.#working !== undefined || this.#cancel !== undefined) return
    this.#cancel = this.#options.timers.after(delayMs, () => {
      this.#cancel = undefined
      this.#working = this.#run()
    })
  }

  /** One attempt; a failed one is followed by another, later and later. */
  async #run(): Promise<void> {
    try {
      if (!this.#placed) await this.#findPlace()
      await this.#copy()
      this.#failing = false
      this.#pauseMs = this.#options.retryMs?.first ?? 200
    } catch (error) {
      if (!this.#failing) this.#options.onProblem(error)
      this.#failing = true
    }
    this.#working = undefined
    if (this.#failing) this.#retry()
    else if (this.lag > 0) this.#wakeIn(0)
  }

  #retry(): void {
    const longest = this.#options.retryMs?.longest ?? 10_000
    this.#wakeIn(this.#pauseMs)
    this.#pauseMs = Math.min(longest, this.#pauseMs * 2)
  }

  async #findPlace(): Promise<void> {
    const { index, log, file } = this.#options
    const last = await index.lastSeq(this.#chain)
    if (last > log.stats().lastSeq) {
      // Somebody put the log away and its numbers began anew: under the old name its records would pass for copied.
      this.#chain = renewChainId(file)
      this.#indexed = 0
    } else {
      this.#indexed = last
    }
    this.#placed = true
  }

  /** Until nothing is missing: from memory where it goes on there, else from the file. */
  async #copy(): Promise<void> {
    while (!this.#closed && this.lag > 0) {
      this.#recent.forget(this.#indexed)
      const next = this.#recent.runFrom(this.#indexed + 1, BATCH_RECORDS, BATCH_BYTES)
      if (next.length > 0) await this.#append(next)
      else await this.#copyFromFile()
    }
    if (this.#sincePruned >= PRUNE_EVERY) {
      this.#sincePruned = 0
      await this.#options.index.prune(this.#options.keepRecords ?? 1_000_000)
    }
  }

  /** Up to what is in memory, or what was durable when this began. */
  async #copyFromFile(): Promise<void> {
    const until = Math.min(this.#options.log.stats().lastSeq, (this.#recent.firstSeq ?? Infinity) - 1)
    let next = this.#indexed + 1
    let batch: ReadLine[] = []
    let bytes = 0
    let again = false
    for await (const record of readRecordsFrom(this.#options.file, next)) {
      if (record.seq > until || this.#closed) break
      again = record.seq !== next && this.#looksAgain(next)
      if (again) break
      batch.push(record)
      bytes += record.line.length
      next = record.seq + 1
      if (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) continue
      await this.#append(batch)
      batch = []
      bytes = 0
    }
    await this.#append(batch)
    if (again || next > until || this.#closed || this.#looksAgain(next)) return
    this.#indexed = until
  }

  /** A rotation may have taken the records away just then; what is missing the second time was put away by somebody, and is not waited for. */
  #looksAgain(missing: number): boolean {
    if (this.#missed === missing) return false
    this.#missed = missing
    return true
  }

  async #append(lines: readonly ReadLine[]): Promise<void> {
    const last = lines.at(-1)
    if (last === undefined) return
    const records = lines.flatMap(({ line }) => this.#recordOf(line))
    if (records.length > 0) await this.#options.index.append(records)
    this.#sincePruned += records.length
    this.#indexed = last.seq
  }

  #recordOf(line: string): readonly IndexedRecord[] {
    const record = line === '' ? undefined : indexedRecord(this.#chain, line)
    return record === undefined || record.event === CHECKPOINT ? [] : [record]
  }
}
