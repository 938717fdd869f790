import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/model/decision.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { EvaluationInput } from '../../src/policy/snapshot.ts'
import { agentId, delegation, input, jsonBody, operation, ORG_ALLOWS, post, principal, request, snapshotOf } from './fixtures.ts'

/** Organisation rules and agent rules (of agent:bot), each as the lines of `rules:`. */
function policy(org: string, agent: string): string {
  const indent = (rules: string) => rules.trim().split('\n').map((line) => `  ${line}`).join('\n')
  const orgRules = org === '' ? '' : `rules:\n${indent(org)}\n`
  const agentRules = agent === '' ? '' : `rules:\n${indent(agent)}\n`
  return `${ORG_ALLOWS}${orgRules}---\npolicy: agent\nagent: agent:bot\n${agentRules}`
}

function decide(yaml: string, overrides: Partial<EvaluationInput> = {}): Decision {
  return snapshotOf(yaml).evaluate(input(overrides))
}

function summary(decision: Decision): string {
  const { effect, decidedBy, layers, rule } = decision
  return `${effect} ${decidedBy} ${rule?.id ?? '-'}: ${layers[decidedBy].reason}`
}

const READ_PULL = operation('GET /repos', 'acme-corp/backend')
const REVIEW = operation('reviews', 'acme-corp/backend')
const COMMENT = operation('comments', 'acme-corp/backend')
const PAGES = operation('pages', 'acme-corp/backend')
const unresolved = (of: Operation): Operation => ({ ...of, targets: { kind: 'unresolved', reason: 'a numeric repository id' } })

interface Case {
  readonly name: string
  readonly org?: string
  readonly agent?: string
  readonly given?: Partial<EvaluationInput>
  readonly is: string
}

const ALL = '- {id: all, allow: {integration: github}}'
const REVIEWER = '- {id: review, allow: {integration: github, scopes: [pulls:read, pulls:write], target: "acme-corp/*"}}'
const NOBODY = principal({ delegation: undefined })

const CASES: readonly Case[] = [
  // default and order within a layer
  { name: 'an agent without a rule', is: 'deny agent_permissions -: agent:bot has no allow rule for github; `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs one.' },
  { name: 'an allow rule', agent: REVIEWER, is: 'allow agent_permissions bot/review: Rule bot/review allows it.' },
  { name: 'deny beats ask and allow', agent: `${ALL}\n- {id: a, ask: {integration: github}}\n- {id: d, deny: {integration: github}, because: No.}`, is: 'deny agent_permissions bot/d: No.' },
  { name: 'ask beats allow', agent: `${ALL}\n- {id: a, ask: {integration: github}}`, is: 'ask agent_permissions bot/a: Rule bot/a wants an approval for `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github.' },
  { name: 'org deny beats the agent\'s allow', agent: ALL, org: '- {id: ro, deny: {integration: github, access: [read]}, because: Closed.}', is: 'deny org_policy org/ro: Closed.' },
  { name: 'an org ask is an ask', agent: ALL, org: '- {id: a, ask: {integration: github}, because: Ask first.}', is: 'ask org_policy org/a: Ask first.' },
  { name: 'an agent\'s deny beats the org\'s ask', org: '- {id: a, ask: {integration: github}}', is: 'deny agent_permissions -: agent:bot has no allow rule for github; `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs one.' },
  // allow is narrow
  { name: 'a scope that is not covered', agent: '- {id: r, allow: {integration: github, scopes: [pulls:read]}}', given: { operation: REVIEW }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github on acme-corp/backend: the nearest, bot/r, does not cover the scope pull_requests:write.' },
  { name: 'write covers read', agent: '- {id: r, allow: {integration: github, scopes: [pulls:write]}}', is: 'allow agent_permissions bot/r: Rule bot/r allows it.' },
  { name: 'rules do not add up', agent: '- {id: a, allow: {integration: github, scopes: [contents:write]}}\n- {id: b, allow: {integration: github, scopes: [administration:write]}}', given: { operation: PAGES }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `POST /repos/{owner}/{repo}/pages` of github on acme-corp/backend: the nearest, bot/a, does not cover the scope administration:write.' },
  { name: 'another target', agent: REVIEWER, given: { operation: operation('GET /repos', 'other/x') }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on other/x: the nearest, bot/review, does not cover the target other/x.' },
  { name: 'targets compare canonically', agent: '- {id: r, allow: {integration: github, target: "Acme-Corp/*"}}', given: { operation: operation('GET /repos', 'ACME-corp/Backend') }, is: 'allow agent_permissions bot/r: Rule bot/r allows it.' },
  { name: 'one of two targets not covered', agent: REVIEWER, given: { operation: operation('GET /repos', 'acme-corp/a', 'other/b') }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on acme-corp/a, other/b: the nearest, bot/review, does not cover the target other/b.' },
  { name: 'an unresolved target under a target rule', agent: REVIEWER, given: { operation: unresolved(READ_PULL) }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github: the nearest, bot/review, names targets, and the target could not be told (a numeric repository id).' },
  { name: 'an unresolved target under any target', agent: ALL, given: { operation: unresolved(READ_PULL) }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'no target under a target rule', agent: '- {id: r, allow: {integration: github, target: "**"}}', given: { operation: operation('GET /user') }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /user` of github: the nearest, bot/r, names targets, and the operation has none (leave out `target` to allow it).' },
  { name: 'no target without a target rule', agent: ALL, given: { operation: operation('GET /user') }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'named, but no name', agent: REVIEWER, given: { operation: { ...READ_PULL, targets: { kind: 'named', names: [] } } }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github: the nearest, bot/review, names targets, and the target could not be told (no name was found).' },
  { name: 'another access', agent: '- {id: r, allow: {integration: github, access: read}}', given: { operation: REVIEW }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github on acme-corp/backend: the nearest, bot/r, does not allow write access.' },
  { name: 'an operation by glob', agent: '- {id: r, allow: {integration: github, operation: "GET /repos/**"}}', is: 'allow agent_permissions bot/r: Rule bot/r allows it.' },
  { name: 'another person', agent: '- {id: r, allow: {integration: github, person: "user:*@other.com"}}', is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on acme-corp/backend: the nearest, bot/r, is for another agent or person.' },
  { name: 'a false condition', agent: '- {id: r, allow: {integration: github, when: \'request.method == "POST"\'}}', is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on acme-corp/backend: the nearest, bot/r, has a condition that is false for this request.' },
  { name: 'a failing condition on allow', agent: '- {id: r, allow: {integration: github, when: "body.x == 1"}}', is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on acme-corp/backend: the nearest, bot/r, has a condition that could not be evaluated on this request.' },
  // deny is wide
  { name: 'a deny of one scope of one alternative', agent: ALL, org: '- {id: d, deny: {integration: github, scopes: [pulls:write]}, because: No.}', given: { operation: COMMENT }, is: 'deny org_policy org/d: No.' },
  { name: 'a deny of read also holds for write', agent: ALL, org: '- {id: d, deny: {integration: github, scopes: [pulls:read]}, because: No.}', given: { operation: REVIEW }, is: 'deny org_policy org/d: No.' },
  { name: 'a deny of write leaves read', agent: ALL, org: '- {id: d, deny: {integration: github, scopes: [pulls:write]}, because: No.}', is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'a deny of one of two targets', agent: ALL, org: '- {id: d, deny: {integration: github, target: "acme-corp/prod-*"}, because: No.}', given: { operation: operation('GET /repos', 'acme-corp/a', 'ACME-corp/PROD-1') }, is: 'deny org_policy org/d: No.' },
  { name: 'a deny with a target on an unresolved one', agent: ALL, org: '- {id: d, deny: {integration: github, target: "x/y"}, because: No.}', given: { operation: unresolved(READ_PULL) }, is: 'deny org_policy org/d: No. (Rule org/d counts as matching: the target could not be told (a numeric repository id).)' },
  { name: 'a deny with a target where there is none', agent: ALL, org: '- {id: d, deny: {integration: github, target: "**"}, because: No.}', given: { operation: operation('GET /user') }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'a deny whose condition fails', agent: ALL, org: '- {id: d, deny: {integration: github, when: "body.x == 1"}, because: No.}', is: 'deny org_policy org/d: No. (Rule org/d counts as matching: its condition could not be evaluated on this request.)' },
  { name: 'a deny whose condition is false', agent: ALL, org: '- {id: d, deny: {integration: github, when: "body.x == 1"}}', given: { body: jsonBody({ x: 2 }) }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'a deny without integration holds for all', agent: ALL, org: '- {id: d, deny: {agent: "agent:b*"}, because: Stopped.}', is: 'deny org_policy org/d: Stopped.' },
  { name: 'a deny for another agent', agent: ALL, org: '- {id: d, deny: {agent: "agent:c*"}, because: Stopped.}', is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'a deny by route in another spelling', agent: ALL, org: '- {id: d, deny: {integration: github, route: "GET /repos/{o}/{r}/secret"}, because: No.}', given: { request: request({ path: '/repos/a/b/%73ecret/' }) }, is: 'deny org_policy org/d: No.' },
  { name: 'a sure deny is told before a doubtful one', agent: ALL, org: '- {id: doubt, deny: {integration: github, when: "body.x == 1"}, because: A.}\n- {id: sure, deny: {integration: github}, because: B.}', is: 'deny org_policy org/sure: B.' },
  // consent
  { name: 'an expired delegation', agent: ALL, given: { nowMs: 2_000_000 }, is: 'deny user_consent -: The delegation dlg_1 has expired.' },
  { name: 'no consent to the integration', agent: ALL, given: { principal: principal({ delegation: delegation([]) }) }, is: 'deny user_consent -: user:alice@acme.com has not consented to github for this agent.' },
  { name: 'a scope not consented to', agent: ALL, given: { operation: REVIEW, principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['pulls:read'], targets: ['**'] }]) }) }, is: 'deny user_consent -: The consent of user:alice@acme.com does not cover the scope pull_requests:write that `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github needs.' },
  { name: 'a target not consented to', agent: ALL, given: { principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/front*'] }]) }) }, is: 'deny user_consent -: The consent of user:alice@acme.com does not cover the target acme-corp/backend for `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github.' },
  { name: 'approvals of a person add up by scope and target, and do not mix', agent: ALL, given: { operation: PAGES, principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['contents:write'], targets: ['acme-corp/*'] }, { integration: 'github', scopes: ['administration:write'], targets: ['other/*'] }]) }) }, is: 'deny user_consent -: The consent of user:alice@acme.com does not cover the target acme-corp/backend for `POST /repos/{owner}/{repo}/pages` of github.' },
  { name: 'approvals of a person add up', agent: ALL, given: { operation: PAGES, principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['contents:write'], targets: ['acme-corp/*'] }, { integration: 'github', scopes: ['administration:write'], targets: ['acme-corp/b*'] }]) }) }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'consent to an unresolved target', agent: ALL, given: { operation: unresolved(READ_PULL), principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]) }) }, is: 'deny user_consent -: The consent of user:alice@acme.com does not cover a target that could not be told for `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github.' },
  { name: 'an operation that needs no scope and has no target, under any consent to the integration', agent: ALL, given: { operation: operation('GET /user'), principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]) }) }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'an unknown scope in a consent covers nothing', agent: ALL, given: { principal: principal({ delegation: delegation([{ integration: 'github', scopes: ['*', 'everything'], targets: ['**'] }]) }) }, is: 'deny user_consent -: The consent of user:alice@acme.com does not cover the scope pull_requests:read that `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs.' },
  // without a person
  { name: 'an agent for itself without an org rule', agent: ALL, given: { principal: NOBODY }, is: 'deny user_consent -: agent:bot acts for nobody, and no org rule with `without_person: true` allows it here.' },
  { name: 'an agent for itself under an org rule that does not say so', agent: ALL, org: '- {id: o, allow: {integration: github}}', given: { principal: NOBODY }, is: 'deny user_consent -: agent:bot acts for nobody, and no org rule with `without_person: true` allows it here.' },
  { name: 'an agent for itself under an org rule', agent: ALL, org: '- {id: self, allow: {integration: github, agent: agent:bot, scopes: [pulls:read], without_person: true}}', given: { principal: NOBODY }, is: 'allow agent_permissions bot/all: Rule bot/all allows it.' },
  { name: 'that rule is narrow too', agent: ALL, org: '- {id: self, allow: {integration: github, scopes: [pulls:read], without_person: true}}', given: { principal: NOBODY, operation: REVIEW }, is: 'deny user_consent -: agent:bot acts for nobody, and no org rule with `without_person: true` allows it here.' },
  { name: 'a rule for calls without a person, with one', agent: '- {id: r, allow: {integration: github, without_person: true}}', is: 'deny agent_permissions -: No allow rule of agent:bot covers `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github on acme-corp/backend: the nearest, bot/r, is for another agent or person.' },
  // what is not known
  { name: 'an agent without a policy', agent: ALL, given: { principal: principal({ agent: agentId('agent:other') }) }, is: 'deny agent_permissions -: No policy file is for agent:other; an agent has only what its own policy allows.' },
  { name: 'an operation without known scopes', agent: ALL, given: { operation: { ...READ_PULL, alternatives: [] } }, is: 'deny agent_permissions -: It is not known which scopes `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs, so no rule can allow it.' },
  { name: 'an integration that policy does not know', agent: ALL, given: { operation: { ...READ_PULL, integration: 'ghost' } }, is: 'deny agent_permissions -: agent:bot has no allow rule for ghost; `GET /repos/{owner}/{repo}/pulls/{pull_number}` of ghost needs one.' },
  { name: 'what both the person and the agent’s policy lack is told of the policy, which no person can mend', agent: '- {id: r, allow: {integration: slack}}', given: { principal: principal({ delegation: delegation([]) }) }, is: 'deny agent_permissions -: agent:bot has no allow rule for github; `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs one.' },
  { name: 'a Slack channel by id', agent: '- {id: s, allow: {integration: slack, scopes: [chat:write], target: C0CODEREVIEW}}', given: { operation: post('C0CODEREVIEW') }, is: 'allow agent_permissions bot/s: Rule bot/s allows it.' },
  { name: 'a Slack channel by name', agent: '- {id: s, allow: {integration: slack, scopes: [chat:write], target: C0CODEREVIEW}}', given: { operation: post() }, is: 'deny agent_permissions -: No allow rule of agent:bot covers `chat.postMessage` of slack: the nearest, bot/s, names targets, and the target could not be told (the channel is given by name).' },
]

describe('evaluate', () => {
  it.each(CASES)('$name', ({ org = '', agent = '', given, is }) => {
    expect(summary(decide(policy(org, agent), given))).toBe(is)
  })

  it('points to file and line of the deciding rule', () => {
    const { rule } = decide(policy('', REVIEWER))
    expect(rule).toEqual({ id: 'bot/review', file: 'p.yaml', line: 7 })
  })

  it('decides the first alternative on which all three layers agree', () => {
    const agent = '- {id: r, allow: {integration: github, scopes: [issues:write, pulls:write]}}'
    const consent = delegation([{ integration: 'github', scopes: ['pulls:write'], targets: ['**'] }])
    const decision = decide(policy('', agent), { operation: COMMENT, principal: principal({ delegation: consent }) })
    expect([decision.effect, decision.scopes]).toEqual(['allow', ['pull_requests:write']])
  })

  it('refuses where each layer allows another alternative', () => {
    const agent = '- {id: r, allow: {integration: github, scopes: [issues:write]}}'
    const consent = delegation([{ integration: 'github', scopes: ['pulls:write'], targets: ['**'] }])
    const decision = decide(policy('', agent), { operation: COMMENT, principal: principal({ delegation: consent }) })
    expect([decision.effect, decision.scopes]).toEqual(['deny', []])
  })

  it('tells a result and a reason for each layer', () => {
    const { layers } = decide(policy('', REVIEWER))
    expect(layers.org_policy).toEqual({ effect: 'allow', reason: 'No rule of org policy denies it, and its default is allow.', rule: undefined })
    expect(layers.user_consent.effect).toBe('allow')
    const alone = decide(policy('- {id: self, allow: {integration: github, without_person: true}}', ALL), { principal: NOBODY })
    expect(alone.layers.user_consent.effect).toBe('not_applicable')
  })

  it('takes the smallest expires_in and every limit of the matching allow rules', () => {
    const agent = [
      '- {id: a, allow: {integration: github}, expires_in: 10m, limits: {requests: 60/m}}',
      '- {id: b, allow: {integration: github, access: read}, expires_in: 5m}',
      '- {id: c, allow: {integration: github, access: write}, expires_in: 1s, limits: {requests: 1/d}}',
    ].join('\n')
    const decision = decide(policy('- {id: o, allow: {integration: github}, expires_in: 8m, limits: {requests: 5/s}}', agent))
    expect(decision.expiresInMs).toBe(300_000)
    expect(decision.limits).toEqual([
      { key: 'agent:bot org/o', requests: 5, perMs: 1000 }, { key: 'agent:bot bot/a', requests: 60, perMs: 60_000 },
    ])
  })

  it('lends the organisation\'s authority only by an org rule that matches', () => {
    const lend = '- {id: lend, allow: {integration: github, target: "acme-corp/*"}, authority: organisation}'
    expect(decide(policy(lend, ALL)).authority).toBe('organisation')
    expect(decide(policy(lend, ALL), { operation: operation('GET /repos', 'other/x') }).authority).toBe('person')
    expect(decide(policy('', ALL)).authority).toBe('person')
    expect(decide(policy(lend, '')).authority).toBe('person')
  })

  it('has default deny for the organisation where it says so', () => {
    const yaml = 'policy: org\ndefault: deny\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: all, allow: {integration: github}}\n'
    expect(summary(decide(yaml))).toBe('deny org_policy -: org policy has no allow rule for github; `GET /repos/{owner}/{repo}/pulls/{pull_number}` of github needs one.')
  })

  it('adds up the rules of several documents of one agent', () => {
    const yaml = `${policy('', REVIEWER)}\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: stop, deny: {integration: github}, because: Later file.}\n`
    expect(summary(decide(yaml))).toBe('deny agent_permissions bot/stop: Later file.')
  })

  it('is a denial where the evaluation itself breaks', () => {
    const broken = { ...READ_PULL, get alternatives(): never { throw new Error('broken') } }
    expect(summary(decide(policy('', ALL), { operation: broken }))).toContain('deny org_policy -: The evaluation itself broke')
  })
})

describe('needsBody', () => {
  const snapshot = snapshotOf(policy('- {id: d, deny: {integration: slack, when: "has(body.blocks)"}}', '- {id: r, allow: {integration: github, scopes: [pulls:write], access: write, when: "size(body.text) < 9"}}'))

  it.each([
    ['the operation that an allow rule could match', REVIEW, true],
    ['an operation of another access', READ_PULL, false],
    ['an operation whose scopes the rule does not cover', PAGES, false],
    ['the operation that a deny rule could match', post(), true],
    ['an operation without target of another integration', { ...post(), integration: 'tickets' }, false],
  ])('for %s: %o -> %s', (_name, of, needs) => {
    expect(snapshot.needsBody(principal(), of)).toBe(needs)
  })

  it('not for an agent that the rule does not concern', () => {
    expect(snapshot.needsBody(principal({ agent: agentId('agent:other') }), REVIEW)).toBe(false)
  })
})

describe('declaredOperation', () => {
  const snapshot = snapshotOf(policy('', [
    '- {id: comment, allow: {integration: tickets, route: "POST /v1/tickets/{id}/comments", scopes: [comments:create]}}',
    '- {id: read, allow: {integration: tickets, route: "GET /v1/tickets/{id}", scopes: [], access: read}}',
    '- {id: silent, allow: {integration: tickets, route: "GET /v1/silent"}}',
  ].join('\n')))

  it('declares scopes, and the worst of what the rule does not say', () => {
    expect(snapshot.declaredOperation(principal(), 'tickets', request({ method: 'POST', path: '/v1/tickets/7/comments' }))).toEqual({
      integration: 'tickets', name: 'POST /v1/tickets/{id}/comments', access: 'write', alternatives: [['comments:create']],
      targets: { kind: 'unresolved', reason: 'the route is known only from rule bot/comment' }, parameters: { id: '7' },
    })
    expect(snapshot.declaredOperation(principal(), 'tickets', request({ path: '/v1/tickets/7' }))).toMatchObject({ access: 'read', alternatives: [[]] })
  })

  it.each([
    ['a route without scopes', 'agent:bot', 'tickets', '/v1/silent'],
    ['another agent', 'agent:other', 'tickets', '/v1/tickets/7'],
    ['another integration', 'agent:bot', 'github', '/v1/tickets/7'],
    ['another path', 'agent:bot', 'tickets', '/v1/tickets/7%2f8'],
  ])('declares nothing for %s', (_name, agent, integration, path) => {
    expect(snapshot.declaredOperation(principal({ agent: agentId(agent) }), integration, request({ path }))).toBeUndefined()
  })

  it('is then judged as any other operation', () => {
    const given = request({ method: 'POST', path: '/v1/tickets/7/comments' })
    const declared = snapshot.declaredOperation(principal(), 'tickets', given)
    if (declared === undefined) throw new Error('not declared')
    expect(summary(snapshot.evaluate(input({ operation: declared, request: given })))).toBe('allow agent_permissions bot/comment: Rule bot/comment allows it.')
    expect(snapshot.evaluate(input({ operation: declared, request: request({ path: '/other' }) })).effect).toBe('deny')
  })
})
