import { createRoute, z } from '@hono/zod-openapi'
import { explain } from '../../../policy/explain.ts'
import { readsAll } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { describeDocuments } from '../policies/describe-documents.ts'
import { explainedConsent } from '../policies/explained-consent.ts'
import { policyChange } from '../policies/policy-change.ts'
import { refuse, refuseDenial } from '../refuse.ts'
import { explainBody, explanation, explanationView, type ExplanationView } from '../wire/explanation.ts'
import { paging } from '../wire/paging.ts'
import { policy, policyHistory, policyView } from '../wire/policy.ts'
import { refusals } from '../wire/problem.ts'

const tags = ['Policy']

const show = createRoute({
  method: 'get', path: '/v1/policy', tags, summary: 'Which policies are in force',
  responses: { 200: { description: 'The policies in force, as they were loaded, and the last change that could not be used.', content: { 'application/json': { schema: policy } } }, ...refusals },
})
const history = createRoute({
  method: 'get', path: '/v1/policy/history', tags, summary: 'What became of each change to the policies, newest first', request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'As far as the searchable audit reaches.', content: { 'application/json': { schema: policyHistory } } }, ...refusals },
})
const explained = createRoute({
  method: 'post', path: '/v1/policy/explain', tags, summary: 'What would become of a request, and why: nothing is issued, counted or sent',
  request: { body: { required: true, content: { 'application/json': { schema: explainBody } } } },
  responses: { 200: { description: 'Refused before any rule is asked, or decided by the three layers.', content: { 'application/json': { schema: explanation } } }, ...refusals },
})

/** For the API's description. */
export const policyPaths = [show, history, explained]

/** The policies, for those who answer for them. */
export function policyRoutes(app: AdminApp, deps: AdminDeps): void {
  app.openapi(show, (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'the policies are shown to operators and auditors')
    return c.json(policyView(deps.policy(), describeDocuments(deps.policies())), 200)
  })
  app.openapi(history, async (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'the policies are shown to operators and auditors')
    const { items, next } = await deps.store.auditIndex.query({ event: 'policy' }, c.req.valid('query'))
    return c.json({ items: items.flatMap(policyChange), next: next ?? null }, 200)
  })
  app.openapi(explained, async (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'policies are explained to operators and auditors')
    const question = c.req.valid('json')
    const found = await explainedConsent(question, deps)
    if ('question' in found) return refuseDenial(c, found.question)
    if ('refused' in found) return c.json(explanationView({ matched: false, refused: found.refused }), 200)
    const agent = deps.directory.agent(question.agent)
    const { request, body, content_type = 'application/json' } = question
    const told = explain(deps.policies().snapshot, deps.reading, {
      agent: question.agent, agentName: agent?.name ?? question.agent.slice('agent:'.length), written: { request, body, content_type },
      consent: found.consent, nowMs: deps.clock.nowMs(),
    })
    return c.json(withCaveat(explanationView(told), agent?.status), 200)
  })
}

/** Rules may be written before there is an agent, and stay when it is revoked: the proxy knows it all the same. */
function withCaveat(view: ExplanationView, status: 'active' | 'revoked' | undefined): ExplanationView {
  if (!view.matched || status === 'active') return view
  return { ...view, sentence: `${view.sentence} ${status === 'revoked' ? 'But the agent is revoked: it can do nothing.' : 'But no agent is registered by this id.'}` }
}
