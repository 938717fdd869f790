import type { AuditSeries, SeriesWindow } from './audit-series.ts'
import type { Page, PageWish } from './page.ts'

/** One audit record as it can be searched; the chained file is the record, this is a copy. */
export interface IndexedRecord {
  /** Which chain it is of: several authorities keep one each. */
  readonly chain: string
  readonly seq: number
  readonly timeMs: number
  readonly event: string
  readonly agent: string | undefined
  readonly person: string | undefined
  readonly delegation: string | undefined
  readonly session: string | undefined
  readonly integration: string | undefined
  readonly outcome: string | undefined
  /** How long a call took. */
  readonly durationMs: number | undefined
  /** The whole line, as it stands in the file. */
  readonly line: string
}

/** Which records are wanted; all that are given must hold. */
export interface AuditFilter {
  readonly agent?: string | undefined
  readonly person?: string | undefined
  readonly delegation?: string | undefined
  readonly session?: string | undefined
  readonly integration?: string | undefined
  /** An event code, or its first part: `credential`. */
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** Which records are counted in a series, whose window says from when to when. */
export type SeriesFilter = Omit<AuditFilter, 'sinceMs' | 'untilMs'>

/** The searchable copy of the audit. All methods throw StoreError. */
export interface AuditIndex {
  /** What is there already (by chain and seq) stays as it is. */
  append(records: readonly IndexedRecord[]): Promise<void>
  /** The last one of this chain that is in; 0 for none. */
  lastSeq(chain: string): Promise<number>
  /** The record at this place; undefined where it is not in the copy. */
  get(chain: string, seq: number): Promise<IndexedRecord | undefined>
  /** Newest first. */
  query(filter: AuditFilter, page: PageWish): Promise<Page<IndexedRecord>>
  /** Calls, denials and latency over time, of the records that are wanted. @throws TypeError for a window that is none */
  series(filter: SeriesFilter, window: SeriesWindow): Promise<AuditSeries>
  /** Forgets the oldest beyond a bound; the file keeps them. */
  prune(keepRecords: number): Promise<void>
}
