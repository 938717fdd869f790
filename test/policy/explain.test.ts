import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestReading } from '../../src/integrations/request-reading.ts'
import { parseId, parsePersonId, type PersonId } from '../../src/model/ids.ts'
import type { Delegation } from '../../src/model/principal.ts'
import { explain, type ExplainedConsent, type Explanation } from '../../src/policy/explain.ts'
import type { WrittenRequest } from '../../src/policy/test-request.ts'
import { index, loaded } from '../admin/support/policies.ts'
import { agentId } from './fixtures.ts'

const POLICIES = `policy: org
default: allow
rules:
  - id: production
    deny: { integration: github, access: [write, admin], target: "acme-corp/prod-*" }
    because: Production repositories are read-only.
  - id: merges
    ask: { integration: github, operation: "PUT /repos/*/*/pulls/*/merge" }
  - id: alone
    allow: { integration: github, scopes: [metadata:read], without_person: true }
  - id: contractors
    deny: { integration: slack, group: contractors }
---
policy: agent
agent: agent:bot
rules:
  - id: review
    allow: { integration: github, scopes: [pulls:write, contents:write, metadata:read], target: "acme-corp/*" }
    expires_in: 10m
    limits: { requests: 60/m }
  - id: short
    allow: { integration: slack, scopes: [chat:write], when: 'size(body.text) < 20' }
  - id: own
    allow: { integration: github, route: "POST /graphql", scopes: [], access: read }
  - id: list
    allow: { integration: github, route: "GET /list", scopes: [], access: read }
  - id: bulk
    allow: { integration: github, route: "* /bulk", scopes: [] }
`
const { snapshot } = loaded(POLICIES)
const reading = requestReading(index)
const BOT = agentId('agent:bot')
const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
const ALICE = parsePersonId('user:alice@acme.com') as PersonId

const assumed: ExplainedConsent = { kind: 'assumed', person: ALICE, personName: 'Alice', groups: [] }
const none: ExplainedConsent = { kind: 'none' }

function delegated(scopes: readonly string[], targets: readonly string[], expiresAtMs = NOW_MS + 1): ExplainedConsent {
  const consent = [{ integration: 'github', scopes, targets }]
  const delegation: Delegation = {
    id: parseId('dlg', 'dlg_1') as Delegation['id'], person: ALICE, personName: 'Alice', session: undefined, consent,
    standing: { consent, groups: [], connections: {} }, expiresAtMs,
  }
  return { kind: 'delegation', delegation }
}

function told(request: string, consent: ExplainedConsent, body?: WrittenRequest['body'], content_type: WrittenRequest['content_type'] = 'application/json'): Explanation {
  return explain(snapshot, reading, { agent: BOT, agentName: 'Bot', written: { request, body, content_type }, consent, nowMs: NOW_MS })
}

const READ = 'GET https://api.github.com/repos/acme-corp/backend/pulls/42'
const MERGE = 'PUT https://api.github.com/repos/acme-corp/backend/pulls/42/merge'
const POST = 'POST https://slack.com/api/chat.postMessage'

describe('a request that is only thought of', () => {
  const decided: readonly [request: string, consent: ExplainedConsent, body: WrittenRequest['body'], effect: string, decidedBy: string, sentence: RegExp][] = [
    [READ, assumed, undefined, 'allow', 'agent_permissions', /^Allowed, since all three layers let it pass: Rule bot\/review allows it\. It is assumed that user:alice@acme\.com approved all that is asked\.$/],
    [READ, delegated(['pulls:read'], ['acme-corp/backend']), undefined, 'allow', 'agent_permissions', /bot\/review allows it\.$/],
    [READ, delegated(['pulls:read'], ['acme-corp/other']), undefined, 'deny', 'user_consent', /^Refused by the person’s consent: .*does not cover the target acme-corp\/backend/],
    [READ, delegated(['pulls:read'], ['**'], NOW_MS), undefined, 'deny', 'user_consent', /has expired/],
    [READ, none, undefined, 'deny', 'user_consent', /acts for nobody/],
    [READ.replace('acme-corp', 'other'), assumed, undefined, 'deny', 'agent_permissions', /^Refused by the agent’s own permissions: .*does not cover the target other\/backend/],
    [MERGE, assumed, undefined, 'ask', 'org_policy', /^Waits for an approval, by the organisation’s policy: /],
    [MERGE.replace('backend', 'prod-1'), assumed, undefined, 'deny', 'org_policy', /Production repositories are read-only\./],
    ['GET https://api.github.com/repos/acme-corp/backend', none, undefined, 'allow', 'agent_permissions', /bot\/review allows it\.$/],
    [POST, assumed, { channel: 'C0ENG1234', text: 'short' }, 'allow', 'agent_permissions', /bot\/short allows it/],
    [POST, assumed, { channel: 'C0ENG1234', text: 'far longer than twenty characters' }, 'deny', 'agent_permissions', /condition that is false/],
    [POST, assumed, undefined, 'deny', 'agent_permissions', /condition that could not be evaluated/],
    [POST, { kind: 'assumed', person: ALICE, personName: undefined, groups: ['contractors'] }, { channel: 'C0ENG1234', text: 'short' }, 'deny', 'org_policy', /org\/contractors denies/],
    ['POST https://api.github.com/bulk', assumed, undefined, 'deny', 'org_policy', /Production repositories are read-only\. \(Rule org\/production counts as matching: /],
    ['GET https://api.github.com/list', assumed, undefined, 'allow', 'agent_permissions', /bot\/list allows it/],
  ]
  for (const [request, consent, body, effect, decidedBy, sentence] of decided) {
    it(`${request} with consent ${consent.kind}: ${effect} by ${decidedBy}`, () => {
      const explained = told(request, consent, body)
      expect(explained).toMatchObject({ matched: true, consent: consent.kind, decision: { effect, decidedBy } })
      expect(explained.matched && explained.sentence).toMatch(sentence)
    })
  }

  const refused: readonly [what: string, request: string, body: WrittenRequest['body'], code: string][] = [
    ['of a host that nobody serves', 'GET https://api.example.com/', undefined, 'host_not_served'],
    ['of another port', 'GET https://api.github.com:8443/user', undefined, 'host_not_served'],
    ['that is no operation', 'GET https://api.github.com/no/such/thing', undefined, 'operation_unknown'],
    ['of GraphQL that nobody reviewed, whatever a rule says of its path', 'POST https://api.github.com/graphql', { query: '{ node(id: "x") { id } }' }, 'operation_unknown'],
    ['by a method that is not accepted', 'TRACE https://api.github.com/user', undefined, 'method_refused'],
    ['by an address', 'GET https://127.0.0.1/user', undefined, 'host_refused'],
    ['with a port that is none', 'GET https://api.github.com:0/user', undefined, 'host_refused'],
    ['with a path that servers read in different ways', 'GET https://api.github.com/repos/acme-corp/../other/pulls/1', undefined, 'path_refused'],
    ['with an escaped NUL in the query', `${READ}?a=%00`, undefined, 'path_refused'],
    ['with a credential in the query', 'POST https://slack.com/api/chat.postMessage?token=xoxb-1', undefined, 'client_credential_refused'],
    ['that names another method in the query', `${READ}?_method=DELETE`, undefined, 'request_ambiguous'],
    ['with a credential in the body', POST, { token: 'xoxb-1', channel: 'C0ENG1234' }, 'client_credential_refused'],
    ['with a body on GET', READ, {}, 'body_refused'],
    ['that is no URL', 'GET https://user@api.github.com/', undefined, 'request_malformed'],
    ['that is longer than is explained', `${READ}?a=${'a'.repeat(5000)}`, undefined, 'uri_too_long'],
  ]
  for (const [what, request, body, code] of refused) {
    it(`${what} is refused before any rule is asked: ${code}`, () => {
      expect(told(request, assumed, body)).toMatchObject({ matched: false, refused: { denial: code } })
    })
  }

  it('is told with its operation, what a credential would carry, and the bounds that hold', () => {
    expect(told(READ, assumed)).toMatchObject({
      operation: { integration: 'github', access: 'read', alternatives: [['pull_requests:read']], targets: { kind: 'named', names: ['acme-corp/backend'] } },
      decision: { scopes: ['pull_requests:read'], expiresInMs: 600_000, policyHash: 'sha256:abc' },
      limits: [{ rule: 'bot/review', requests: 60, perMs: 60_000 }],
    })
  })

  it('never says that somebody consented who did not', () => {
    const explained = told(READ, assumed)
    expect(explained.matched && explained.decision.layers.user_consent).toEqual({ effect: 'allow', reason: 'It is assumed that user:alice@acme.com approved all that is asked.', rule: undefined })
  })

  it('is judged by the form of its body as the proxy would', () => {
    const form = 'application/x-www-form-urlencoded'
    expect(told(POST, assumed, { channel: 'C0ENG1234', text: 'short' }, form)).toMatchObject({ decision: { effect: 'allow' } })
    expect(told(POST, assumed, { channel: 'C0ENG1234', text: 'short', token: 'xoxb-1' }, form)).toMatchObject({ refused: { denial: 'client_credential_refused' } })
  })

  it('can be any text: it is explained or refused, and nothing is allowed without the rule that does', () => {
    const path = fc.array(fc.constantFrom('repos', 'acme-corp', 'prod-1', 'backend', 'pulls', '42', 'merge', '..', '%2e', '%2f', 'graphql', ''), { maxLength: 7 }).map((parts) => `/${parts.join('/')}`)
    const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD')
    fc.assert(fc.property(method, fc.oneof(path, fc.string({ maxLength: 60 })), fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }), (verb, rest, body) => {
      const explained = told(`${verb} https://api.github.com${rest}`, assumed, body)
      if (!explained.matched) return
      const { decision } = explained
      expect(decision.effect !== 'allow' || decision.layers.agent_permissions.rule?.id.startsWith('bot/')).toBe(true)
      if (JSON.stringify(explained.operation.targets).includes('prod-1') && explained.operation.access !== 'read') expect(decision.effect).toBe('deny')
    }), { numRuns: 300 })
  })
})
