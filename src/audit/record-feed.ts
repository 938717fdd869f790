import type { WrittenRecord } from './written-record.ts'
import type { FileAuditLog } from './file-audit-log.ts'
import { indexedRecord, type IndexedRecord } from './indexed-record.ts'
import { Listeners } from './listeners.ts'
import { CHECKPOINT } from './record.ts'

/** Tells those who follow the audit of each record of this process once it is durable; costs nothing while nobody does. */
export class RecordFeed {
  readonly #log: Pick<FileAuditLog, 'onRecord'>
  readonly #chain: () => string
  readonly #listeners = new Listeners<IndexedRecord>()
  #following = 0
  #stop: () => void = () => undefined

  /** @param chain the log's name in the index */
  constructor(log: Pick<FileAuditLog, 'onRecord'>, chain: () => string) {
    this.#log = log
    this.#chain = chain
  }

  /** @returns the unsubscribe function; harmless a second time */
  subscribe(listener: (record: IndexedRecord) => void): () => void {
    if (this.#following === 0) this.#stop = this.#log.onRecord((record) => this.#tell(record))
    this.#following += 1
    const own = (record: IndexedRecord): void => listener(record)
    const remove = this.#listeners.add(own)
    let left = false
    return () => {
      if (left) return
      left = true
      remove()
      this.#following -= 1
      if (this.#following === 0) this.#stop()
    }
  }

  #tell({ event, line }: WrittenRecord): void {
    if (event === CHECKPOINT) return
    const record = indexedRecord(this.#chain(), line)
    if (record !== undefined) this.#listeners.tell(record)
  }
}
