import { createRoute, z } from '@hono/zod-openapi'
import type { Approval } from '../../../store/ports/approvals.ts'
import { maySee, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp, AdminContext } from '../admin-env.ts'
import { notFound, refuse, type Refused } from '../refuse.ts'
import { approval, approvalPage, approvalView } from '../wire/approval.ts'
import { agentId, approvalId, personId } from '../wire/ids.ts'
import { pageView, paging } from '../wire/paging.ts'
import { refusals } from '../wire/problem.ts'

const tags = ['Approvals']
const params = z.strictObject({ id: approvalId })
const one = { description: 'The question, as it stands.', content: { 'application/json': { schema: approval } } } as const

const list = createRoute({
  method: 'get', path: '/v1/approvals', tags, summary: 'List questions to people, newest first',
  request: {
    query: z.strictObject({
      kind: z.enum(['operation', 'break_glass']).optional(), state: z.enum(['pending', 'approved', 'denied', 'expired']).optional(),
      person: personId.optional(), agent: agentId.optional(), ...paging,
    }),
  },
  responses: { 200: { description: 'One’s own, or everybody’s for operators and auditors.', content: { 'application/json': { schema: approvalPage } } }, ...refusals },
})
const show = createRoute({ method: 'get', path: '/v1/approvals/{id}', tags, summary: 'One question', request: { params }, responses: { 200: one, ...refusals } })
const approve = createRoute({ method: 'post', path: '/v1/approvals/{id}/approve', tags, summary: 'Say yes', request: { params }, responses: { 200: one, ...refusals } })
const denied = createRoute({ method: 'post', path: '/v1/approvals/{id}/deny', tags, summary: 'Say no', request: { params }, responses: { 200: one, ...refusals } })

/** For the API's description. */
export const approvalPaths = [list, show, approve, denied]

/** Approvals: each concerns its person; who may answer is the service's to say. */
export function approvalRoutes(app: AdminApp, deps: AdminDeps): void {
  app.openapi(list, async (c) => {
    const { limit, after, person, ...filter } = c.req.valid('query')
    const only = seenBy(c.get('caller'))
    if (only !== undefined && person !== undefined && person !== only) return refuse(c, 'role_required', 'questions to others are for operators and auditors')
    const page = await deps.store.approvals.list({ ...filter, person: only ?? person }, { limit, after })
    return c.json(pageView(page, (each) => approvalView(each, deps.clock.nowMs())), 200)
  })
  app.openapi(show, async (c) => {
    const found = await deps.approvals.get(c.req.valid('param').id)
    if (found === undefined || !maySee(c.get('caller'), found.person)) return notFound(c)
    return c.json(approvalView(found, deps.clock.nowMs()), 200)
  })
  app.openapi(approve, async (c) => {
    const after = await answer(c, deps, await deps.approvals.get(c.req.valid('param').id), 'approved')
    return after instanceof Response ? after : c.json(approvalView(after, deps.clock.nowMs()), 200)
  })
  app.openapi(denied, async (c) => {
    const after = await answer(c, deps, await deps.approvals.get(c.req.valid('param').id), 'denied')
    return after instanceof Response ? after : c.json(approvalView(after, deps.clock.nowMs()), 200)
  })
}

/** Says yes or no as the one who is signed in, where they may. */
export async function answer(c: AdminContext, deps: AdminDeps, question: Approval | undefined, said: 'approved' | 'denied'): Promise<Approval | Refused> {
  const caller = c.get('caller')
  if (question === undefined || !(maySee(caller, question.person) || deps.approvals.mayAnswer(question, caller.signedIn))) return notFound(c)
  if (!deps.approvals.mayAnswer(question, caller.signedIn)) {
    const hint = question.kind === 'break_glass' ? 'Another operator has to answer this.' : 'The person concerned or an operator has to answer this.'
    return refuse(c, 'role_required', `${question.id} is for others to answer`, { hint })
  }
  const after = await deps.approvals.answer(question.id, said, caller.signedIn)
  return after ?? refuse(c, 'state_conflict', `${question.id} was answered, or its time was over`, { hint: 'It was answered already, or its time is over.' })
}
