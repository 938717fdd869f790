import { createRoute, z } from '@hono/zod-openapi'
import type { Approval } from '../../../store/ports/approvals.ts'
import { isOperator, maySee, seenBy, type Caller } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { recordAfter } from '../records/record-after.ts'
import { notFound, refuse } from '../refuse.ts'
import { approval, approvalPage, approvalView, breakGlassBody } from '../wire/approval.ts'
import { approvalId } from '../wire/ids.ts'
import { pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'
import { answer } from './approvals.ts'

const tags = ['Break-glass']
const params = z.strictObject({ id: approvalId })
const one = { description: 'The request, as it stands.', content: { 'application/json': { schema: approval } } } as const

const list = createRoute({
  method: 'get', path: '/v1/break-glass', tags, summary: 'List requests for break-glass access, newest first',
  request: { query: z.strictObject({ state: z.enum(['pending', 'approved', 'denied', 'expired']).optional(), ...paging }) },
  responses: { 200: { description: 'One’s own, or everybody’s for operators and auditors.', content: { 'application/json': { schema: approvalPage } } }, ...refusals },
})
const ask = createRoute({
  method: 'post', path: '/v1/break-glass', tags, summary: 'Ask to be an operator for a while',
  request: { body: { required: true, content: { 'application/json': { schema: breakGlassBody } } } },
  responses: { 201: one, ...refusals },
})
const approve = createRoute({
  method: 'post', path: '/v1/break-glass/{id}/approve', tags, summary: 'Lend the access: only an operator, and not the one who asks', request: { params }, responses: { 200: one, ...refusals },
})
const denied = createRoute({ method: 'post', path: '/v1/break-glass/{id}/deny', tags, summary: 'Refuse the access', request: { params }, responses: { 200: one, ...refusals } })
const end = createRoute({ method: 'post', path: '/v1/break-glass/{id}/end', tags, summary: 'End the access before its time', request: { params }, responses: { 200: one, ...refusals } })

/** For the API's description. */
export const breakGlassPaths = [list, ask, approve, denied, end]

/** Break-glass: two people, for a while, all of it on record. */
export function breakGlassRoutes(app: AdminApp, deps: AdminDeps): void {
  const get = async (id: Approval['id']): Promise<Approval | undefined> => {
    const found = await deps.approvals.get(id)
    return found?.kind === 'break_glass' ? found : undefined
  }

  app.openapi(list, async (c) => {
    const { limit, after, state } = c.req.valid('query')
    const page = await deps.store.approvals.list({ kind: 'break_glass', state, person: seenBy(c.get('caller')) }, { limit, after })
    return c.json(pageView(page, (each) => approvalView(each, deps.clock.nowMs())), 200)
  })
  app.openapi(ask, async (c) => {
    const { reason, expires_in: seconds } = c.req.valid('json')
    if (seconds * 1000 > deps.breakGlassMaxMs) {
      const problem = `it is at most ${Math.floor(deps.breakGlassMaxMs / 1000)} here`
      return refuse(c, 'input_refused', 'longer than break-glass access is lent', { errors: [{ field: 'expires_in', problem }] })
    }
    return c.json(approvalView(await deps.approvals.askBreakGlass(c.get('caller').id, reason, seconds * 1000), deps.clock.nowMs()), 201)
  })
  app.openapi(approve, async (c) => {
    const after = await answer(c, deps, await get(c.req.valid('param').id), 'approved')
    return after instanceof Response ? after : c.json(approvalView(after, deps.clock.nowMs()), 200)
  })
  app.openapi(denied, async (c) => {
    const after = await answer(c, deps, await get(c.req.valid('param').id), 'denied')
    return after instanceof Response ? after : c.json(approvalView(after, deps.clock.nowMs()), 200)
  })
  app.openapi(end, async (c) => {
    const caller = c.get('caller')
    const found = await get(c.req.valid('param').id)
    if (found === undefined || !maySee(caller, found.person)) return notFound(c)
    if (found.person !== caller.id && !isOperator(caller)) return refuse(c, 'role_required', 'another person’s access is ended by operators')
    const after = await ended(found, caller, deps)
    if (after === undefined) return refuse(c, 'state_conflict', `${found.id} is over`, { hint: 'It is over already.' })
    return c.json(approvalView(after, deps.clock.nowMs()), 200)
  })
}

/** @returns undefined where nothing was open or running */
async function ended(found: Approval, caller: Caller, deps: AdminDeps): Promise<Approval | undefined> {
  const { state } = approvalView(found, deps.clock.nowMs())
  if (state !== 'pending' && state !== 'approved') return undefined
  // Whatever becomes of the record: to take a role away must never wait for it.
  await deps.store.approvals.expire(found.id)
  await recordAfter(deps.audit, {
    event: 'admin.break_glass_ended', user: found.person === undefined ? undefined : { id: found.person, name: undefined }, by: caller.id,
    approval: found.id, reason: state === 'pending' ? 'taken back before it was answered' : 'ended before its time', outcome: 'ok',
  })
  return deps.approvals.get(found.id)
}
