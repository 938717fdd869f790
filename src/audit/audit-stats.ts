/** What a log tells of itself: plain numbers, read when metrics are scraped. */
export interface AuditStats {
  readonly writable: boolean
  /** Records that wait to be written. */
  readonly queuedRecords: number
  readonly queuedBytes: number
  /** Durable records of this run, checkpoints included. */
  readonly written: number
  readonly batches: number
  readonly bytes: number
  /** Failed attempts to write a batch. */
  readonly failures: number
  /** Failed attempts to write the head file or to rotate. */
  readonly sideFailures: number
  /** Records that somebody waited for and was told are not written. */
  readonly refused: number
  /** Records that were lost because the bounded memory was full; the chain tells of them once it can be written. */
  readonly dropped: number
  readonly lastSeq: number
}
