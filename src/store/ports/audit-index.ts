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
  readonly integration: string | undefined
  readonly outcome: string | undefined
  /** The whole line, as it stands in the file. */
  readonly line: string
}

export interface AuditFilter {
  readonly agent?: string | undefined
  readonly person?: string | undefined
  readonly integration?: string | undefined
  /** An event code, or its first part: `credential`. */
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** The searchable copy of the audit. All methods throw StoreError. */
export interface AuditIndex {
  /** What is there already (by chain and seq) stays as it is. */
  append(records: readonly IndexedRecord[]): Promise<void>
  /** The last one of this chain that is in; 0 for none. */
  lastSeq(chain: string): Promise<number>
  /** Newest first. */
  query(filter: AuditFilter, page: PageWish): Promise<Page<IndexedRecord>>
  /** Forgets the oldest beyond a bound; the file keeps them. */
  prune(keepRecords: number): Promise<void>
}
