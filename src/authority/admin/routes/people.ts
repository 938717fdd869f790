import { createRoute, z } from '@hono/zod-openapi'
import { mayEnd } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { notFound, refuse } from '../refuse.ts'
import { personId } from '../wire/ids.ts'
import { refusals } from '../wire/problem.ts'
import { report, reportView } from '../wire/report.ts'
import { momentOf, moment, reasonBody } from '../wire/values.ts'

const me = createRoute({
  method: 'get', path: '/v1/me', tags: ['People'], summary: 'Who is signed in',
  responses: {
    200: {
      description: 'The one who asks.',
      content: {
        'application/json': {
          schema: z.object({
            id: z.string(), name: z.string().nullable(), email: z.string().nullable(), roles: z.array(z.enum(['person', 'operator', 'auditor'])),
            break_glass: z.boolean().openapi({ description: 'whether `operator` is lent for a while' }),
            signed_in_at: moment,
            csrf: z.string().nullable().openapi({ description: 'of a browser session: goes into the `Postern-Csrf` header of what changes something' }),
          }).openapi('Me'),
        },
      },
    },
    ...refusals,
  },
})
const revoke = createRoute({
  method: 'post', path: '/v1/people/{id}/revoke', tags: ['People'], summary: 'Take back all that one person gave: delegations, sessions, connections',
  request: { params: z.strictObject({ id: personId }), body: { content: { 'application/json': { schema: reasonBody } } } },
  responses: { 200: { description: 'What was revoked where.', content: { 'application/json': { schema: report } } }, ...refusals },
})

/** For the API's description. */
export const peoplePaths = [me, revoke]

/** The one who is signed in, and what people gave. */
export function peopleRoutes(app: AdminApp, deps: AdminDeps): void {
  app.openapi(me, (c) => {
    const { signedIn: { person, roles, breakGlass, signedInAtMs }, csrf } = c.get('caller')
    return c.json({
      id: person.id, name: person.name ?? null, email: person.email ?? null, roles: [...roles], break_glass: breakGlass,
      signed_in_at: momentOf(signedInAtMs), csrf: csrf ?? null,
    }, 200)
  })
  app.openapi(revoke, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    // Before it is looked for: who is no operator does not learn who there is.
    if (!mayEnd(caller, id)) return refuse(c, 'role_required', 'what another person gave is taken back by operators')
    if ((await deps.people.get(id)) === undefined) return notFound(c)
    return c.json(reportView(await deps.revoker.person(id, { by: caller.id, reason: c.req.valid('json').reason })), 200)
  })
}
