import type { auditSeries } from '../../authority/admin/wire/audit-series.ts'
import type { Api } from '../api/client.ts'
import { queryOf, windowOf, type AuditFilter } from './audit-filter.ts'

/** `GET /v1/audit/series`. */
export type Series = (typeof auditSeries)['_output']

/** What happened in one part of the window. */
export type SeriesItem = Series['items'][number]

const BUCKETS = 60

/** Calls, denials and latency over the filter's time, or the last hour. @throws ApiError, or the signal's reason */
export function readSeries(api: Api, filter: AuditFilter, nowMs: number, signal: AbortSignal): Promise<Series> {
  const { sinceMs, untilMs } = windowOf(filter, nowMs)
  const window = { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() }
  return api.get<Series>('/v1/audit/series', { query: { ...queryOf(filter, nowMs), ...window, buckets: BUCKETS }, signal })
}
