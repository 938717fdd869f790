import { describe, expect, it } from 'vitest'
import type { Delegation, Principal } from '../../src/model/principal.ts'
import { coversOperation } from '../../src/policy/consent.ts'
import { CONSENT, delegation, github, input, operation, ORG_ALLOWS, principal, snapshotOf } from './fixtures.ts'

const AGENT = 'policy: agent\nagent: agent:bot\nrules:\n  - {id: all, allow: {integration: github}}\n'
const READS = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]
const REVIEW = operation('reviews', 'acme-corp/backend')

function standing(consent: Delegation['consent'], over: Partial<Delegation> = {}): Principal {
  return principal({ delegation: { ...delegation(), ...over, standing: { consent, groups: [], connections: {} } } })
}

function decide(who: Principal, of = REVIEW, rules = '') {
  return snapshotOf(`${ORG_ALLOWS}${rules}---\n${AGENT}`).evaluate(input({ principal: who, operation: of }))
}

describe('what stands approved where the delegation is kept', () => {
  it('allows what both it and the token cover', () => {
    expect(decide(standing(CONSENT))).toMatchObject({ effect: 'allow', layers: { user_consent: { reason: 'user:alice@acme.com consented (dlg_1).' } } })
  })

  it('refuses what the person has taken back since the token was signed', () => {
    expect(decide(standing(READS))).toMatchObject({
      effect: 'deny', decidedBy: 'user_consent',
      layers: { user_consent: { reason: 'The consent of user:alice@acme.com does not cover the scope pull_requests:write that `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github needs.' } },
    })
    expect(decide(standing([])).layers.user_consent.reason).toBe('user:alice@acme.com has not consented to github for this agent.')
  })

  it('refuses what the token does not say, and tells to get a new one', () => {
    const { effect, decidedBy, layers } = decide(standing(CONSENT, { consent: READS }))
    expect([effect, decidedBy, layers.user_consent.reason]).toEqual(['deny', 'user_consent', 'user:alice@acme.com consented (dlg_1), but the token does not cover the scope pull_requests:write that `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github needs: it is older or narrower than the approval; get a new token.'])
    expect(decide(standing(CONSENT, { consent: [] })).layers.user_consent.reason).toBe('user:alice@acme.com consented (dlg_1), but the token does not cover github: it is older or narrower than the approval; get a new token.')
  })

  it('refuses a target that only one of the two covers', () => {
    const elsewhere = [{ integration: 'github', scopes: ['pulls:write'], targets: ['acme-corp/front'] }]
    expect(decide(standing(elsewhere)).layers.user_consent.reason).toContain('The consent of user:alice@acme.com does not cover the target acme-corp/backend')
    expect(decide(standing(CONSENT, { consent: elsewhere })).layers.user_consent.reason).toContain('the token does not cover the target acme-corp/backend')
  })

  it('counts where only one of the alternatives is covered by both', () => {
    const issues = [{ integration: 'github', scopes: ['issues:write'], targets: ['**'] }]
    const comment = operation('comments', 'acme-corp/backend')
    expect(decide(standing(CONSENT, { consent: [{ integration: 'github', scopes: ['pulls:write'], targets: ['**'] }] }), comment)).toMatchObject({ effect: 'allow', scopes: ['pull_requests:write'] })
    expect(decide(standing(issues, { consent: [{ integration: 'github', scopes: ['pulls:write'], targets: ['**'] }] }), comment).effect).toBe('deny')
  })

  it.each([
    ['one alternative whole', CONSENT, true],
    ['another target', [{ integration: 'github', scopes: ['pulls:write'], targets: ['other/*'] }], false],
    ['another scope', READS, false],
    ['nothing of the integration', [{ integration: 'slack', scopes: ['chat:write'], targets: ['**'] }], false],
  ])('is told to cover an operation or not: %s', (_, consent, covers) => {
    expect(coversOperation(consent, REVIEW, github)).toBe(covers)
  })
})

describe('groups', () => {
  const inGroups = (...groups: string[]): Principal => principal({ delegation: { ...delegation(), standing: { consent: CONSENT, groups, connections: {} } } })
  const outside = principal()
  const nobody = principal({ delegation: undefined })
  const withRule = (effect: string, match: string) => `rules:\n  - {id: g, ${effect}: {integration: github, ${match}}}\n`
  const summary = (who: Principal, rules: string): string => {
    const { effect, decidedBy, layers } = decide(who, REVIEW, rules)
    return `${effect} ${layers[decidedBy].reason}`
  }

  it.each([
    ['a deny rule refuses a member', inGroups('eng', 'contractors'), 'deny', 'group: contractors', 'deny Rule org/g denies `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github.'],
    ['a deny rule passes over others', inGroups('eng'), 'deny', 'group: contractors', 'allow Rule bot/all allows it.'],
    ['a deny rule passes over those in no group', inGroups(), 'deny', 'group: "*"', 'allow Rule bot/all allows it.'],
    ['any of a list', inGroups('eng-platform'), 'deny', 'group: [contractors, "eng-*"]', 'deny Rule org/g denies `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github.'],
    ['a deny rule counts groups that are not known as true', outside, 'deny', 'group: contractors', 'deny Rule org/g denies `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github. (Rule org/g counts as matching: the person\'s groups are not known, since the token is of an outside issuer.)'],
    ['so does an ask rule', outside, 'ask', 'group: contractors', 'ask Rule org/g wants an approval for `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github. (Rule org/g counts as matching: the person\'s groups are not known, since the token is of an outside issuer.)'],
    ['an ask rule asks a member', inGroups('contractors'), 'ask', 'group: contractors', 'ask Rule org/g wants an approval for `POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews` of github.'],
  ])('%s', (_, who, effect, match, is) => {
    expect(summary(who, withRule(effect, match))).toBe(is)
  })

  it('an agent that acts for itself is in none, and that is known', () => {
    expect(decide(nobody, REVIEW, withRule('deny', 'group: "*"')).layers.org_policy.effect).toBe('allow')
  })

  it.each([
    ['allows a member', inGroups('eng'), 'allow'],
    ['nobody else', inGroups('sales'), 'deny'],
    ['nobody whose groups are not known', outside, 'deny'],
    ['no agent for itself', nobody, 'deny'],
  ])('an allow rule: %s', (_, who, effect) => {
    const rules = 'rules:\n  - {id: g, allow: {integration: github, group: eng}, authority: organisation}\n'
    const decision = snapshotOf(`policy: org\ndefault: deny\n${rules}---\n${AGENT}`).evaluate(input({ principal: who, operation: REVIEW }))
    expect(decision.layers.org_policy.effect).toBe(effect)
    if (who === outside) expect(decision.layers.org_policy.reason).toContain('names groups, and the person\'s groups are not known')
  })
})

describe('released credentials', () => {
  const rule = (text: string) => `rules:\n  - {id: r, ${text}}\n`

  it.each([
    ['an org rule says so', rule('allow: {integration: github}, delivery: released'), true],
    ['no rule says so', rule('allow: {integration: github}'), false],
    ['the rule that says so does not match', rule('allow: {integration: github, target: other/*}, delivery: released'), false],
  ])('where %s', (_, rules, release) => {
    expect(decide(principal(), REVIEW, rules)).toMatchObject({ effect: 'allow', release })
  })

  it('are told of an asking decision, as it would be once approved, and of no refused one', () => {
    const rules = (effect: string) => `rules:\n  - {id: r, allow: {integration: github}, delivery: released, authority: organisation}\n  - {id: a, ${effect}: {integration: github}}\n`
    expect(decide(principal(), REVIEW, rules('ask'))).toMatchObject({ effect: 'ask', release: true, authority: 'organisation', scopes: ['pull_requests:write'] })
    expect(decide(principal(), REVIEW, rules('deny'))).toMatchObject({ effect: 'deny', release: false, authority: 'person', scopes: [] })
  })
})

describe('a rule that asks, where no rule allows', () => {
  const REVIEWS = (target: string) => `policy: org\ndefault: allow\n---\npolicy: agent\nagent: agent:bot\nrules:\n  - {id: a, ask: {integration: github, ${target}}}\n`
  const decideAsk = (target: string, ...targets: readonly string[]) =>
    snapshotOf(REVIEWS(target)).evaluate(input({ principal: principal(), operation: operation('reviews', ...targets) }))

  it('asks about what it covers whole', () => {
    expect(decideAsk('target: "acme-corp/*"', 'acme-corp/a', 'acme-corp/b')).toMatchObject({ effect: 'ask', rule: { id: 'bot/a' }, scopes: ['pull_requests:write'] })
  })

  it.each([
    ['another target beside', () => decideAsk('target: "acme-corp/*"', 'acme-corp/a', 'other/b')],
    ['a scope that only includes it', () => decideAsk('scopes: ["pulls:read"]', 'acme-corp/a')],
    ['groups that are not known', () => decideAsk('group: eng', 'acme-corp/a')],
  ])('refuses %s: an approval would allow what no rule covers', (_, decided) => {
    expect(decided()).toMatchObject({ effect: 'deny', decidedBy: 'agent_permissions' })
  })
})
