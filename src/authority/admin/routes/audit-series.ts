import { createRoute, z } from '@hono/zod-openapi'
import { seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { refuse } from '../refuse.ts'
import { StreamSlots } from '../streams/stream-slots.ts'
import { auditSeries, buckets, seriesView, windowOf } from '../wire/audit-series.ts'
import { auditFilter, filterOf } from '../wire/audit.ts'
import { refusals } from '../wire/problem.ts'
import { notOthers, takeSlot } from './audit-access.ts'

const series = createRoute({
  method: 'get', path: '/v1/audit/series', tags: ['Audit'], summary: 'Calls, denials and latency over time; the last hour where nothing else is said',
  request: { query: z.strictObject({ ...auditFilter, buckets }) },
  responses: { 200: { description: 'Of what concerns oneself, or of everything for operators and auditors.', content: { 'application/json': { schema: auditSeries } } }, ...refusals },
})

/** How many may be counted at once: a long one goes through every record there is, and others use the same store. */
const PER_PERSON = 6
const IN_ALL = 20

/** For the API's description. */
export const auditSeriesPaths = [series]

/** The audit as numbers. */
export function auditSeriesRoutes(app: AdminApp, deps: AdminDeps): void {
  const slots = new StreamSlots(PER_PERSON, IN_ALL)

  app.openapi(series, async (c) => {
    const wanted = c.req.valid('query')
    const refused = notOthers(c, wanted.person)
    if (refused !== undefined) return refused
    const window = windowOf(wanted, deps.clock.nowMs())
    if (window === undefined) {
      return refuse(c, 'input_refused', 'a window that is none', { errors: [{ field: 'since', problem: 'it has to lie before `until`, which is now where it is not given' }] })
    }
    const { sinceMs: _since, untilMs: _until, ...filter } = filterOf(wanted, seenBy(c.get('caller')))
    const counting = takeSlot(c, slots, 'Too many series are being counted: wait for one of them.', 1_000)
    if (counting instanceof Response) return counting
    try {
      return c.json(seriesView(await deps.store.auditIndex.series(filter, window), window), 200)
    } finally {
      counting()
    }
  })
}
