/** The span of time that a series is over, cut into equal parts. */
export interface SeriesWindow {
  /** Wall clock; belongs to the window. */
  readonly sinceMs: number
  /** Wall clock, after `sinceMs`; belongs to the window. */
  readonly untilMs: number
  /** At most so many parts; 1 to 500. */
  readonly buckets: number
}

/** What happened in one part of the window. */
export interface SeriesPoint {
  /** Where the part begins. */
  readonly atMs: number
  /** `api.call` records: calls that went to an upstream and ended, well or not. */
  readonly calls: number
  /** Records of the outcome `denied`, whatever was refused. */
  readonly denied: number
  /** Calls whose outcome is `failed` or `aborted`. */
  readonly failed: number
  /** How long the calls took, by nearest rank, within 2.2 %; undefined where none says. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
}

/** Calls, denials and latency over time. */
export interface AuditSeries {
  /** How long each part is. */
  readonly stepMs: number
  /** Oldest first, those without a record too. Where the series is not complete, those before the oldest record that was looked at are left out. */
  readonly items: readonly SeriesPoint[]
  readonly total: Pick<SeriesPoint, 'calls' | 'denied' | 'failed'>
  /** False where the window has more records than the store looks at for one series: the oldest were left out. */
  readonly complete: boolean
}
