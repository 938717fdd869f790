import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { decisionFacts, principalFacts } from '../../src/audit/facts.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'
import { callEvent } from './support/event.ts'
import { fieldsOf } from './support/line.ts'

/** Objects that many events share, as those of a principal, an operation and a decision do; some read the same and are others. */
const AGENTS = [{ id: 'agent:a', name: 'A' }, { id: 'agent:a', name: 'A' }, { id: 'agent:b', name: 'B' }]
const USERS = [{ id: 'user:a', name: 'A' }, { id: 'user:b', name: undefined }]
const SCOPES = [['a:read'], ['a:read'], ['b:write', 'a:read'], []]
const EVALUATIONS = (['allow', 'deny', 'ask'] as const).map((effect) => ({ org_policy: effect, user_consent: 'allow', agent_permissions: 'allow' } as const))

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(undefined, ...values)
const anEvent: fc.Arbitrary<AuditEvent> = fc.record({
  event: fc.constantFrom('api.started', 'api.call', 'api.denied'), outcome: fc.constantFrom('ok', 'denied'),
  agent: oneOf(...AGENTS), user: oneOf(...USERS), by: oneOf('system'), delegation: oneOf('dlg_1', 'dlg_2'), session: oneOf('ses_1', 'ses_2'),
  identified_by: oneOf('token', 'mtls'), via: oneOf('agent:tools'), exchange: oneOf('dec_1', 'dec_2'),
  integration: oneOf('github', 'slack'), operation: oneOf('GET /a', 'PUT /a'), access: oneOf('read', 'write'), scopes: oneOf(...SCOPES), target: oneOf('a/b', 'a/c', '?'),
  expires_in: oneOf('600s'), upstream_expires_at: oneOf('2026-11-21T10:00:00.000Z', '2026-11-21T10:00:01.000Z'), lifetime: oneOf('static'),
  credential: oneOf('crd_1', 'crd_2'), connection: oneOf('con_1'), approval: oneOf('apr_1', 'apr_2'),
  policy_evaluation: oneOf(...EVALUATIONS), rule: oneOf('org/x', 'org/y'), rule_at: oneOf('policies/org.yaml:1', 'policies/org.yaml:2'), decision: oneOf('dec_1'),
  policy_hash: oneOf('sha256:a', 'sha256:b'), narrowed_by: oneOf('proxy', 'upstream'), reason: oneOf('because'), trace_id: oneOf('t'),
}, { noNullPrototype: true }) as fc.Arbitrary<AuditEvent>

describe('a line that is made of texts that were made before', () => {
  it('is the line of an event that shares nothing with any other', () => {
    fc.assert(fc.property(fc.array(anEvent, { minLength: 2, maxLength: 60 }), (events) => {
      for (const event of events) expect(fieldsOf(event)).toBe(fieldsOf(structuredClone(event)))
    }), { numRuns: 300 })
  })

  it.each(['agent', 'scopes', 'policy_evaluation'] as const)('changes with each single field, whatever shares its %s', (shared) => {
    const one = callEvent('dec_1', {
      agent: AGENTS[0], user: USERS[0], by: 'b', delegation: 'dlg_1', session: 'ses_1', identified_by: 'token', via: 'agent:v', integration: 'i', operation: 'o', access: 'read',
      scopes: SCOPES[0], target: 't', expires_in: '1s', upstream_expires_at: 'u', lifetime: 'static', credential: 'crd_1', connection: 'con_1', approval: 'apr_1',
      policy_evaluation: EVALUATIONS[0], rule: 'r', rule_at: 'p:1', decision: 'dec_2', policy_hash: 'h', narrowed_by: 'proxy', reason: 'because', trace_id: 't',
    })
    const line = fieldsOf(one)
    for (const field of Object.keys(one)) {
      if (field === shared || field === 'event' || field === 'outcome') continue
      expect([field, fieldsOf({ ...one, [field]: undefined }) === line]).toEqual([field, false])
      expect(fieldsOf(one)).toBe(line)
    }
  })
})

describe('what is told of a principal and of a decision', () => {
  it('is that of the very object: of another that reads the same but in one thing, that thing', () => {
    const principal = { agent: 'agent:a', agentName: 'A', identifiedBy: 'token', delegation: undefined, via: undefined } as unknown as Principal
    const layer = { effect: 'allow', reason: 'r', rule: undefined }
    const decision = { layers: { org_policy: layer, user_consent: layer, agent_permissions: layer }, rule: { id: 'org/x', file: '/etc/policies/o.yaml', line: 1 }, policyHash: 'h' } as unknown as Decision
    for (const _ of [1, 2]) {
      expect([principalFacts(principal).via, principalFacts({ ...principal, via: principal.agent }).via]).toEqual([undefined, 'agent:a'])
      expect([decisionFacts(decision).approval, decisionFacts({ ...decision, approval: 'apr_1' } as Decision).approval]).toEqual([undefined, 'apr_1'])
    }
  })
})
