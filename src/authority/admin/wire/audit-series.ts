import { z } from '@hono/zod-openapi'
import type { AuditSeries, SeriesWindow } from '../../../store/ports/audit-series.ts'
import { moment, momentOf } from './values.ts'

const count = z.number().int()
const latency = (share: string) => z.number().nullable().openapi({ description: `${share} of the calls took no longer; null where none says how long it took` })

/** How many parts the window is cut into. */
export const buckets = z.coerce.number().int().min(1).max(500).default(60).openapi({ description: 'the window is cut into at most so many equal parts' })

const point = z.object({
  at: moment.openapi({ description: 'where the part begins' }),
  calls: count.openapi({ description: 'records `api.call`' }),
  denied: count.openapi({ description: 'records of the outcome `denied`, whatever was refused' }),
  failed: count.openapi({ description: 'calls of the outcome `failed` or `aborted`' }),
  p50_ms: latency('half'), p95_ms: latency('95 %'), p99_ms: latency('99 %'),
}).openapi('AuditSeriesPoint')

/** Calls, denials and latency over time. */
export const auditSeries = z.object({
  since: moment,
  until: moment,
  step_s: z.number().openapi({ description: 'how long each part is, in seconds' }),
  items: z.array(point).openapi({ description: 'oldest first, without gaps; latencies are within 2.2 %' }),
  total: z.object({ calls: count, denied: count, failed: count }),
  complete: z.boolean().openapi({ description: 'false where there was too much to look at: `items` begins later than `since` then, with a part that is not whole' }),
}).openapi('AuditSeries')

const HOUR_MS = 3_600_000

/** The window that is asked for, the last hour where nothing is; undefined where it ends before it begins. Pure. */
export function windowOf(asked: { readonly since?: string | undefined; readonly until?: string | undefined; readonly buckets: number }, nowMs: number): SeriesWindow | undefined {
  const untilMs = asked.until === undefined ? nowMs : Date.parse(asked.until)
  const sinceMs = asked.since === undefined ? untilMs - HOUR_MS : Date.parse(asked.since)
  return sinceMs >= 0 && sinceMs < untilMs ? { sinceMs, untilMs, buckets: asked.buckets } : undefined
}

/** The series as it is answered. */
export function seriesView({ stepMs, items, total, complete }: AuditSeries, { sinceMs, untilMs }: SeriesWindow): z.infer<typeof auditSeries> {
  return {
    since: momentOf(sinceMs), until: momentOf(untilMs), step_s: stepMs / 1000, complete,
    items: items.map(({ atMs, calls, denied, failed, p50Ms, p95Ms, p99Ms }) => ({
      at: momentOf(atMs), calls, denied, failed, p50_ms: p50Ms ?? null, p95_ms: p95Ms ?? null, p99_ms: p99Ms ?? null,
    })),
    total: { ...total },
  }
}
