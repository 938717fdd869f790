import type { IndexedRecord } from '../../../store/ports/audit-index.ts'

/** Records as they are written, for those who follow them. */
export interface LiveRecords {
  /** Told of each once it is durable. @returns the unsubscribe function */
  subscribe(listener: (record: IndexedRecord) => void): () => void
}
