import type { Api, Query } from '../api/client.ts'
import { readRecord, type AuditRecord } from './audit-record.ts'

/** A record and where it stands. */
export interface Entry {
  readonly chain: string
  readonly record: AuditRecord
}

/** One part of the audit, newest first. */
export interface Part {
  readonly entries: readonly Entry[]
  /** Where the next, older part goes on; null after the oldest. */
  readonly next: string | null
}

/** Where records come from. Throws ApiError, or the signal's reason. */
export interface RecordSource {
  part(wish: { readonly limit: number; readonly after?: string | undefined; readonly signal: AbortSignal }): Promise<Part>
}

interface PageAnswer {
  readonly items: readonly unknown[]
  readonly chains: readonly string[]
  readonly next: string | null
}

/** The records that the API has for a query. */
export function recordSource(api: Api, query: Query): RecordSource {
  return {
    async part({ limit, after, signal }) {
      const { items, chains, next } = await api.get<PageAnswer>('/v1/audit', { query: { ...query, limit, after }, signal })
      return { entries: items.flatMap((item, index) => entryOf(item, chains[index])), next }
    },
  }
}

function entryOf(item: unknown, chain: string | undefined): readonly Entry[] {
  const record = readRecord(item)
  return record === undefined || chain === undefined ? [] : [{ chain, record }]
}
