import { createRoute, z } from '@hono/zod-openapi'
import { matchesIndexFilter } from '../../../audit/indexed-record.ts'
import { parseObject } from '../../../audit/record.ts'
import type { IndexedRecord } from '../../../store/ports/audit-index.ts'
import { authenticate } from '../access/authenticate.ts'
import { readsAll, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp, AdminContext } from '../admin-env.ts'
import { breakingOff } from '../streams/break-off.ts'
import { exportStream } from '../streams/export-stream.ts'
import { StreamSlots } from '../streams/stream-slots.ts'
import { tailStream } from '../streams/tail-stream.ts'
import { auditFilter, auditPage, auditRecord, filterOf, filterText } from '../wire/audit.ts'
import { paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { notOthers, takeSlot } from './audit-access.ts'
import { auditRecordPaths, auditRecordRoutes } from './audit-record.ts'
import { auditSeriesPaths, auditSeriesRoutes } from './audit-series.ts'

const tags = ['Audit']
const TOO_MANY_OPEN = 'Too many exports or live views are open: end one of them.'
/** How many searches may go through the store's copy at once: one that finds little goes through much, and others use the same store. */
const SEARCHES = { perPerson: 6, inAll: 40 } as const
/** A plain string: by its literal type the library would want JSON typed as for other routes. */
const NDJSON: string = 'application/x-ndjson'
const stream = (description: string) => ({ description, content: { [NDJSON]: { schema: z.string() } } }) as const

const query = createRoute({
  method: 'get', path: '/v1/audit', tags, summary: 'Search the audit, newest first', request: { query: z.strictObject({ ...auditFilter, ...paging }) },
  responses: { 200: { description: 'What concerns oneself, or everything for operators and auditors.', content: { 'application/json': { schema: auditPage } } }, ...refusals },
})
const exported = createRoute({
  method: 'get', path: '/v1/audit/export', tags, summary: 'All matching records, newest first, each line as it stands in the chained file',
  request: { query: z.strictObject(auditFilter) }, responses: { 200: stream('One record a line. Where it cannot go on the answer breaks off.'), ...refusals },
})
const tail = createRoute({
  method: 'get', path: '/v1/audit/tail', tags, summary: 'Follow the audit while it is written',
  request: { query: z.strictObject({ ...auditFilter, lines: z.coerce.number().int().min(0).max(500).default(20).openapi({ description: 'how many of the last come first' }) }) },
  responses: { 200: stream('One record a line, empty lines between. It ends when the session or the role of the one who reads does.'), ...refusals },
})

/** For the API's description. */
export const auditPaths = [query, exported, tail, ...auditSeriesPaths, ...auditRecordPaths]

/** The audit: one's own part of it, or all. */
export function auditRoutes(app: AdminApp, deps: AdminDeps): void {
  const { auditIndex } = deps.store
  const slots = new StreamSlots()
  const searches = new StreamSlots(SEARCHES.perPerson, SEARCHES.inAll)
  auditSeriesRoutes(app, deps)
  auditRecordRoutes(app, deps)

  app.openapi(query, async (c) => {
    const { limit, after, ...wanted } = c.req.valid('query')
    const searching = notOthers(c, wanted.person) ?? takeSlot(c, searches, 'Too many searches are under way: wait for one of them.', 1_000)
    if (searching instanceof Response) return searching
    try {
      const page = await auditIndex.query(filterOf(wanted, seenBy(c.get('caller'))), { limit, after })
      const read = page.items.flatMap((record) => recordOf(record).map((item) => ({ item, chain: record.chain })))
      return c.json({ items: read.map(({ item }) => item), chains: read.map(({ chain }) => chain), next: page.next ?? null }, 200)
    } finally {
      searching()
    }
  })
  app.openapi(exported, async (c) => {
    const wanted = c.req.valid('query')
    const opened = notOthers(c, wanted.person) ?? takeSlot(c, slots, TOO_MANY_OPEN, 5_000)
    if (opened instanceof Response) return opened
    const caller = c.get('caller')
    try {
      const user = { id: caller.id, name: caller.signedIn.person.name }
      await deps.audit.commit({ event: 'admin.exported', user, reason: filterText(wanted), outcome: 'ok' })
    } catch (error) {
      opened()
      throw error
    }
    const body = exportStream({
      index: auditIndex, filter: filterOf(wanted, seenBy(caller)), mayGoOn: viewerCheck(c, deps), onEnd: opened, onBroken: deps.onBroken,
      breakOff: breakingOff(c),
    })
    return c.newResponse(body, 200, { 'Content-Type': NDJSON, 'Content-Disposition': 'attachment; filename="audit.jsonl"' })
  })
  app.openapi(tail, (c) => {
    const { lines, ...wanted } = c.req.valid('query')
    const opened = notOthers(c, wanted.person) ?? takeSlot(c, slots, TOO_MANY_OPEN, 5_000)
    if (opened instanceof Response) return opened
    const filter = filterOf(wanted, seenBy(c.get('caller')))
    const body = tailStream({
      live: deps.liveRecords,
      timers: deps.timers,
      wanted: (record) => matchesIndexFilter(record, filter),
      before: async () => (lines === 0 ? [] : (await auditIndex.query(filter, { limit: lines })).items.toReversed()),
      mayGoOn: viewerCheck(c, deps),
      onEnd: opened,
      onBroken: deps.onBroken,
      breakOff: breakingOff(c),
    })
    return c.newResponse(body, 200, { 'Content-Type': NDJSON, 'X-Accel-Buffering': 'no' })
  })
}

/** Whether what this request shows is still good for as much as it was when it began. */
function viewerCheck(c: AdminContext, deps: AdminDeps): () => Promise<boolean> {
  const shown = { authorization: c.req.header('authorization'), cookie: c.req.header('cookie'), isUnattended: true }
  const { id } = c.get('caller')
  const sawAll = readsAll(c.get('caller'))
  return async () => {
    const now = await authenticate(shown, deps)
    return now !== undefined && now.id === id && (!sawAll || readsAll(now))
  }
}

function recordOf({ line }: IndexedRecord): readonly (typeof auditRecord)['_output'][] {
  const read = auditRecord.safeParse(parseObject(line))
  return read.success ? [read.data] : []
}
