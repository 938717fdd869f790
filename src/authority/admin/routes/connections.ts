import { createRoute, z } from '@hono/zod-openapi'
import { mayEnd, maySee, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { connectionFacts } from '../connections/connection-facts.ts'
import { notFound, refuse } from '../refuse.ts'
import { connection, connectionPage, connectionView } from '../wire/connection.ts'
import { connectionId, personId } from '../wire/ids.ts'
import { cut, pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { report, reportView } from '../wire/report.ts'
import { integrationName, reasonBody } from '../wire/values.ts'

const tags = ['Connections']
const params = z.strictObject({ id: connectionId })
const owner = z.union([personId, z.literal('organisation')])

const list = createRoute({
  method: 'get', path: '/v1/connections', tags, summary: 'List connections, oldest first',
  request: { query: z.strictObject({ owner: owner.optional(), integration: integrationName.optional(), ...paging }) },
  responses: { 200: { description: 'One’s own, or everybody’s for operators and auditors.', content: { 'application/json': { schema: connectionPage } } }, ...refusals },
})
const show = createRoute({
  method: 'get', path: '/v1/connections/{id}', tags, summary: 'One connection', request: { params },
  responses: { 200: { description: 'The connection.', content: { 'application/json': { schema: connection } } }, ...refusals },
})
const revoke = createRoute({
  method: 'post', path: '/v1/connections/{id}/revoke', tags, summary: 'End a connection, here and where it can be at the upstream',
  request: { params, body: { content: { 'application/json': { schema: reasonBody } } } },
  responses: { 200: { description: 'What was revoked where.', content: { 'application/json': { schema: report } } }, ...refusals },
})

/** For the API's description. */
export const connectionPaths = [list, show, revoke]

/** Connections: each belongs to its person; the organisation's are for operators and auditors. */
export function connectionRoutes(app: AdminApp, deps: AdminDeps): void {
  const { connections } = deps.store

  app.openapi(list, async (c) => {
    const { limit, after, owner: asked, integration } = c.req.valid('query')
    const only = seenBy(c.get('caller'))
    if (only !== undefined && asked !== undefined && asked !== only) return refuse(c, 'role_required', 'others’ connections are for operators and auditors')
    const all = await connections.list(only ?? asked)
    const wanted = integration === undefined ? all : all.filter((each) => each.integration === integration)
    const page = cut(wanted, ({ id }) => id, { limit, after })
    const facts = await connectionFacts(page.items, c.get('caller').id, deps)
    return c.json(pageView(page, (each) => connectionView(each, facts(each))), 200)
  })
  app.openapi(show, async (c) => {
    const stored = await connections.get(c.req.valid('param').id)
    if (stored === undefined || !maySee(c.get('caller'), stored.owner)) return notFound(c)
    const facts = await connectionFacts([stored], c.get('caller').id, deps)
    return c.json(connectionView(stored, facts(stored)), 200)
  })
  app.openapi(revoke, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const stored = await connections.get(id)
    if (stored === undefined || !maySee(caller, stored.owner)) return notFound(c)
    if (!mayEnd(caller, stored.owner)) return refuse(c, 'role_required', 'others’ connections are ended by operators')
    const made = await deps.revoker.connection(id, { by: caller.id, reason: c.req.valid('json').reason })
    return made === undefined ? notFound(c) : c.json(reportView(made), 200)
  })
}
