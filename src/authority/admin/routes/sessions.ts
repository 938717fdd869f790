import { createRoute, z } from '@hono/zod-openapi'
import { mayEnd, maySee, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { notFound, refuse } from '../refuse.ts'
import { session, sessionPage, sessionView, type NameOf } from '../wire/delegation.ts'
import { agentId, delegationId, personId, sessionId } from '../wire/ids.ts'
import { pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { report, reportView } from '../wire/report.ts'
import { reasonBody } from '../wire/values.ts'

const tags = ['Sessions']
const params = z.strictObject({ id: sessionId })

const list = createRoute({
  method: 'get', path: '/v1/sessions', tags, summary: 'List sessions, newest first',
  request: {
    query: z.strictObject({
      person: personId.optional(), agent: agentId.optional(), delegation: delegationId.optional(),
      running: z.enum(['true', 'false']).optional().openapi({ description: '`true`: only those that have not ended' }), ...paging,
    }),
  },
  responses: { 200: { description: 'One’s own, or everybody’s for operators and auditors.', content: { 'application/json': { schema: sessionPage } } }, ...refusals },
})
const show = createRoute({
  method: 'get', path: '/v1/sessions/{id}', tags, summary: 'One session', request: { params },
  responses: { 200: { description: 'The session.', content: { 'application/json': { schema: session } } }, ...refusals },
})
const revoke = createRoute({
  method: 'post', path: '/v1/sessions/{id}/revoke', tags, summary: 'End a session; its open streams are cut',
  request: { params, body: { content: { 'application/json': { schema: reasonBody } } } },
  responses: { 200: { description: 'What was revoked where.', content: { 'application/json': { schema: report } } }, ...refusals },
})

/** For the API's description. */
export const sessionPaths = [list, show, revoke]

/** Sessions: each belongs to its delegation's person. */
export function sessionRoutes(app: AdminApp, deps: AdminDeps): void {
  const { delegations } = deps.store
  const nameOf: NameOf = (id) => deps.directory.agent(id)?.name

  app.openapi(list, async (c) => {
    const { limit, after, person, running, ...filter } = c.req.valid('query')
    const only = seenBy(c.get('caller'))
    if (only !== undefined && person !== undefined && person !== only) return refuse(c, 'role_required', 'another person’s sessions are for operators and auditors')
    const page = await delegations.sessions({ ...filter, person: only ?? person, running: running === 'true' ? true : undefined }, { limit, after })
    return c.json(pageView(page, (each) => sessionView(each, nameOf, deps.clock.nowMs())), 200)
  })
  app.openapi(show, async (c) => {
    const stored = await delegations.session(c.req.valid('param').id)
    if (stored === undefined || !maySee(c.get('caller'), stored.person)) return notFound(c)
    return c.json(sessionView(stored, nameOf, deps.clock.nowMs()), 200)
  })
  app.openapi(revoke, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const stored = await delegations.session(id)
    if (stored === undefined || !maySee(caller, stored.person)) return notFound(c)
    if (!mayEnd(caller, stored.person)) return refuse(c, 'role_required', 'another person’s session is ended by operators')
    const made = await deps.revoker.session(id, { by: caller.id, reason: c.req.valid('json').reason })
    return made === undefined ? notFound(c) : c.json(reportView(made), 200)
  })
}
