import { createRoute, z } from '@hono/zod-openapi'
import type { AgentId } from '../../../model/ids.ts'
import { policyFileOf, rulesFor, type Viewer } from '../../../policy/describe.ts'
import { readsAll, type Caller } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { notFound } from '../refuse.ts'
import { agentId } from '../wire/ids.ts'
import { permissions, permissionsView } from '../wire/permissions.ts'
import { refusals } from '../wire/problem.ts'

const show = createRoute({
  method: 'get', path: '/v1/agents/{id}/permissions', tags: ['Agents'], summary: 'What policy says of an agent: its own rules, and the organisation’s that can concern it',
  request: { params: z.strictObject({ id: agentId }) },
  responses: {
    200: {
      description: 'For operators and auditors, all of them; for a person for whom the agent acts, those that are not about other people alone.',
      content: { 'application/json': { schema: permissions } },
    },
    ...refusals,
  },
})

/** For the API's description. */
export const permissionPaths = [show]

/** An agent's permissions, for those who answer for policy, and for those on whose behalf it acts. */
export function permissionRoutes(app: AdminApp, deps: AdminDeps): void {
  app.openapi(show, async (c) => {
    const { id } = c.req.valid('param')
    const caller = c.get('caller')
    const known = deps.directory.agent(id) !== undefined
    if (!known || !(readsAll(caller) || await actsFor(id, caller, deps))) return notFound(c)
    const { documents, rules } = deps.policies()
    return c.json(permissionsView(id, rulesFor(id, rules, viewerOf(caller)), policyFileOf(id, documents)), 200)
  })
}

async function actsFor(agent: AgentId, { id: person }: Caller, { store, clock }: AdminDeps): Promise<boolean> {
  const { items } = await store.delegations.list({ agent, person, state: 'active' }, { limit: 20 })
  return items.some(({ expiresAtMs }) => clock.nowMs() < expiresAtMs)
}

/** Undefined for whoever sees all. */
function viewerOf(caller: Caller): Viewer | undefined {
  return readsAll(caller) ? undefined : { person: caller.id, groups: caller.signedIn.person.groups }
}
