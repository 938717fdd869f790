import { createRoute, z } from '@hono/zod-openapi'
import { isDenial } from '../../../model/denial.ts'
import type { PersonId } from '../../../model/ids.ts'
import type { StoredDelegation } from '../../../store/ports/delegations.ts'
import { mayEnd, maySee, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { delegationFacts } from '../delegations/delegation-facts.ts'
import { narrowDelegation } from '../delegations/narrow-delegation.ts'
import { notFound, refuse, refuseDenial } from '../refuse.ts'
import { delegation, delegationNarrowing, delegationPage, delegationView, type DelegationView, type NameOf } from '../wire/delegation.ts'
import { agentId, delegationId, personId } from '../wire/ids.ts'
import { pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { report, reportView } from '../wire/report.ts'
import { reasonBody } from '../wire/values.ts'

const tags = ['Delegations']
const params = z.strictObject({ id: delegationId })
const one = { description: 'The delegation.', content: { 'application/json': { schema: delegation } } } as const

const list = createRoute({
  method: 'get', path: '/v1/delegations', tags, summary: 'List delegations, newest first',
  request: { query: z.strictObject({ person: personId.optional(), agent: agentId.optional(), state: z.enum(['active', 'revoked', 'expired']).optional(), ...paging }) },
  responses: { 200: { description: 'One’s own, or everybody’s for operators and auditors.', content: { 'application/json': { schema: delegationPage } } }, ...refusals },
})
const show = createRoute({ method: 'get', path: '/v1/delegations/{id}', tags, summary: 'One delegation', request: { params }, responses: { 200: one, ...refusals } })
const narrowed = createRoute({
  method: 'patch', path: '/v1/delegations/{id}', tags, summary: 'Narrow a delegation: fewer scopes or targets, an earlier end',
  request: { params, body: { required: true, content: { 'application/json': { schema: delegationNarrowing } } } }, responses: { 200: one, ...refusals },
})
const revoke = createRoute({
  method: 'post', path: '/v1/delegations/{id}/revoke', tags, summary: 'Take a delegation back, with its sessions; their open streams are cut',
  request: { params, body: { content: { 'application/json': { schema: reasonBody } } } },
  responses: { 200: { description: 'What was revoked where.', content: { 'application/json': { schema: report } } }, ...refusals },
})

/** For the API's description. */
export const delegationPaths = [list, show, narrowed, revoke]

/** Delegations: each belongs to its person. */
export function delegationRoutes(app: AdminApp, deps: AdminDeps): void {
  const { delegations } = deps.store
  const nameOf: NameOf = (id) => deps.directory.agent(id)?.name
  const viewOf = async (stored: StoredDelegation): Promise<DelegationView> => delegationView(stored, (await delegationFacts([stored], deps))(stored), deps.clock.nowMs())

  app.openapi(list, async (c) => {
    const { limit, after, person, ...filter } = c.req.valid('query')
    const only = seenBy(c.get('caller'))
    if (isAnothers(only, person)) return refuse(c, 'role_required', 'another person’s delegations are for operators and auditors')
    const page = await delegations.list({ ...filter, person: only ?? person }, { limit, after })
    const facts = await delegationFacts(page.items, deps)
    return c.json(pageView(page, (each) => delegationView(each, facts(each), deps.clock.nowMs())), 200)
  })
  app.openapi(show, async (c) => {
    const stored = await delegations.get(c.req.valid('param').id)
    if (stored === undefined || !maySee(c.get('caller'), stored.person)) return notFound(c)
    return c.json(await viewOf(stored), 200)
  })
  app.openapi(narrowed, async (c) => {
    const caller = c.get('caller')
    const stored = await delegations.get(c.req.valid('param').id)
    if (stored === undefined || !maySee(caller, stored.person)) return notFound(c)
    if (!mayEnd(caller, stored.person)) return refuse(c, 'role_required', 'another person’s delegation is changed by operators')
    const after = await narrowDelegation(stored, c.req.valid('json'), caller.id, { ...deps, delegations, nameOf })
    return isDenial(after) ? refuseDenial(c, after) : c.json(await viewOf(after), 200)
  })
  app.openapi(revoke, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const stored = await delegations.get(id)
    if (stored === undefined || !maySee(caller, stored.person)) return notFound(c)
    if (!mayEnd(caller, stored.person)) return refuse(c, 'role_required', 'another person’s delegation is revoked by operators')
    const made = await deps.revoker.delegation(id, { by: caller.id, reason: c.req.valid('json').reason })
    return made === undefined ? notFound(c) : c.json(reportView(made), 200)
  })
}

/** To show nothing would read as if there were nothing. */
function isAnothers(only: PersonId | undefined, asked: PersonId | undefined): boolean {
  return only !== undefined && asked !== undefined && asked !== only
}
