import { createRoute, z } from '@hono/zod-openapi'
import { isDenial } from '../../../model/denial.ts'
import { isOperator, readsAll } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { AgentDesk } from '../agents/agent-desk.ts'
import { changeOf, orderOf } from '../agents/order.ts'
import { notFound, refuse, refuseDenial } from '../refuse.ts'
import { agent, agentChange, agentPage, agentView, newAgent } from '../wire/agent.ts'
import { agentId } from '../wire/ids.ts'
import { cut, pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { report, reportView } from '../wire/report.ts'
import { reasonBody } from '../wire/values.ts'

const tags = ['Agents']
const params = z.strictObject({ id: agentId })
const one = { description: 'The agent.', content: { 'application/json': { schema: agent } } } as const
const body = <T>(schema: T) => ({ required: true, content: { 'application/json': { schema } } }) as const

const list = createRoute({
  method: 'get', path: '/v1/agents', tags, summary: 'List the agents of configuration and store', request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'The agents, by id.', content: { 'application/json': { schema: agentPage } } }, ...refusals },
})
const register = createRoute({
  method: 'post', path: '/v1/agents', tags, summary: 'Register an agent; never overwrites one', request: { body: body(newAgent) },
  responses: { 201: one, ...refusals },
})
const show = createRoute({ method: 'get', path: '/v1/agents/{id}', tags, summary: 'One agent', request: { params }, responses: { 200: one, ...refusals } })
const change = createRoute({
  method: 'patch', path: '/v1/agents/{id}', tags, summary: 'Change a registered agent', request: { params, body: body(agentChange) },
  responses: { 200: one, ...refusals },
})
const revoke = createRoute({
  method: 'post', path: '/v1/agents/{id}/revoke', tags, summary: 'Take an agent out of service; its open streams are cut',
  request: { params, body: { content: { 'application/json': { schema: reasonBody } } } },
  responses: { 200: { description: 'What was revoked where.', content: { 'application/json': { schema: report } } }, ...refusals },
})
const restore = createRoute({
  method: 'post', path: '/v1/agents/{id}/restore', tags, summary: 'Put an agent back into service; what ended with it stays ended',
  request: { params, body: { content: { 'application/json': { schema: reasonBody } } } }, responses: { 200: one, ...refusals },
})

/** For the API's description. */
export const agentPaths = [list, register, show, change, revoke, restore]

/** Agents: what concerns everybody, so operators change them and auditors see them. */
export function agentRoutes(app: AdminApp, deps: AdminDeps): void {
  const desk = new AgentDesk({ agents: deps.store.agents, audit: deps.audit, configured: deps.configuredAgents })

  app.openapi(list, async (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'agents are listed for operators and auditors')
    return c.json(pageView(cut(await desk.list(), (entry) => entry.agent.id, c.req.valid('query')), agentView), 200)
  })
  app.openapi(register, async (c) => {
    const caller = c.get('caller')
    if (!isOperator(caller)) return refuse(c, 'role_required', 'agents are registered by operators')
    const order = orderOf(c.req.valid('json'))
    if ('problem' in order) return refuse(c, 'input_refused', 'the public key cannot be used', { errors: [{ field: 'public_key', problem: order.problem }] })
    const made = await desk.register(order, caller.id)
    return isDenial(made) ? refuseDenial(c, made) : c.json(agentView(made), 201)
  })
  app.openapi(show, async (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'agents are shown to operators and auditors')
    const entry = await desk.get(c.req.valid('param').id)
    return entry === undefined ? notFound(c) : c.json(agentView(entry), 200)
  })
  app.openapi(change, async (c) => {
    const caller = c.get('caller')
    if (!isOperator(caller)) return refuse(c, 'role_required', 'agents are changed by operators')
    const { version, ...wanted } = c.req.valid('json')
    const order = changeOf(wanted)
    if ('problem' in order) return refuse(c, 'input_refused', 'the change cannot be used', { errors: [order] })
    const changed = await desk.change(c.req.valid('param').id, version, order, caller.id)
    if (changed === undefined) return notFound(c)
    return isDenial(changed) ? refuseDenial(c, changed) : c.json(agentView(changed), 200)
  })
  app.openapi(revoke, async (c) => {
    const caller = c.get('caller')
    if (!isOperator(caller)) return refuse(c, 'role_required', 'agents are revoked by operators')
    const made = await deps.revoker.agent(c.req.valid('param').id, { by: caller.id, reason: c.req.valid('json').reason })
    return made === undefined ? notFound(c) : c.json(reportView(made), 200)
  })
  app.openapi(restore, async (c) => {
    const caller = c.get('caller')
    if (!isOperator(caller)) return refuse(c, 'role_required', 'agents are restored by operators')
    const { id } = c.req.valid('param')
    const restored = await deps.revoker.restoreAgent(id, { by: caller.id, reason: c.req.valid('json').reason })
    if (restored === 'configuration') return refuse(c, 'state_conflict', `${id} is revoked in the configuration`, { hint: 'The configuration revokes it: restore it there.' })
    if (restored === false) return refuse(c, 'state_conflict', `${id} is not revoked`, { hint: 'It is not revoked.' })
    const entry = restored === undefined ? undefined : await desk.get(id)
    return entry === undefined ? notFound(c) : c.json(agentView(entry), 200)
  })
}
