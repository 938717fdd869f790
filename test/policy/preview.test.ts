import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePersonId } from '../../src/model/ids.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { CompiledSnapshot } from '../../src/policy/compiled-snapshot.ts'
import type { ForecastParty, Preview } from '../../src/policy/forecast.ts'
import { globsOverlap } from '../../src/policy/glob-overlap.ts'
import { compileGlob } from '../../src/policy/globs.ts'
import { agentId, CONSENT, delegation, input, OPERATIONS, principal, request, snapshotOf } from './fixtures.ts'

const person = parsePersonId('user:alice@acme.com')
if (person === undefined) throw new TypeError('no person')
const ALICE: ForecastParty = { agent: agentId('agent:bot'), person, groups: ['eng'] }

function policies(org: string, agent: string | undefined, orgDefault = 'allow'): CompiledSnapshot {
  const rules = (text: string) => (text === '' ? '' : `rules:\n${text.split('\n').map((line) => `  - {${line}}\n`).join('')}`)
  const agentPart = agent === undefined ? '' : `---\npolicy: agent\nagent: agent:bot\n${rules(agent)}`
  return snapshotOf(`policy: org\ndefault: ${orgDefault}\n${rules(org)}${agentPart}`)
}

const ALL = 'id: all, allow: {integration: github}'
const PRODUCTION = 'id: prod, deny: {integration: github, access: [write, admin], target: "acme-corp/prod-*"}, because: Production is read-only.'

function ask(snapshot: CompiledSnapshot, scope: string, ...targets: readonly string[]): Preview {
  return snapshot.preview({ ...ALICE, integration: 'github', scope, targets })
}

describe('a preview of what policy would make of a scope', () => {
  interface Case {
    readonly name: string
    readonly org?: string
    readonly orgDefault?: string
    readonly agent?: string
    readonly noAgentPolicy?: true
    readonly scope: string
    readonly target: string
    readonly is: readonly [Preview['effect'], Preview['layer'], RegExp, (string | undefined)?]
  }
  const CASES: readonly Case[] = [
    { name: 'allowed by both', scope: 'pulls:write', target: 'acme-corp/backend', is: ['allow', undefined, /Policy allows it/] },
    { name: 'an org rule refuses writes on all of these targets', org: PRODUCTION, scope: 'pulls:write', target: 'acme-corp/prod-*', is: ['deny', 'org_policy', /^Production is read-only\.$/, 'org/prod'] },
    { name: 'on one of them', org: PRODUCTION, scope: 'pulls:write', target: 'acme-corp/prod-1', is: ['deny', 'org_policy', /Production/] },
    { name: 'in another case of letters', org: PRODUCTION, scope: 'pulls:write', target: 'Acme-Corp/PROD-1', is: ['deny', 'org_policy', /Production/] },
    { name: 'reading there', org: PRODUCTION, scope: 'pulls:read', target: 'acme-corp/prod-1', is: ['allow', undefined, /./] },
    { name: 'on some of these targets only', org: PRODUCTION, scope: 'pulls:write', target: 'acme-corp/*', is: ['allow', undefined, /./] },
    { name: 'a rule with a condition is not certain', org: 'id: d, deny: {integration: github, when: "body.x == 1"}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'a rule with a route is not certain', org: 'id: d, deny: {integration: github, route: "POST /repos/{a}/{b}/pulls/{c}/reviews"}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'a rule of all targets spares operations without one', org: 'id: d, deny: {integration: github, target: "**"}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'a rule for the person\'s group', org: 'id: d, deny: {integration: github, group: eng}', scope: 'pulls:write', target: '**', is: ['deny', 'org_policy', /Your organisation does not let agents use pulls:write of github on \*\*/] },
    { name: 'a rule for another group', org: 'id: d, deny: {integration: github, group: sales}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'a rule for another agent', org: 'id: d, deny: {integration: github, agent: agent:other}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'one of several operations remains', org: 'id: d, deny: {integration: github, operation: "**/reviews"}', scope: 'pulls:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'each such call waits', org: 'id: a, ask: {integration: github, scopes: ["pulls:write"]}, because: Ask the lead.', scope: 'pulls:write', target: 'acme-corp/x', is: ['ask', 'org_policy', /^Ask the lead\.$/, 'org/a'] },
    { name: 'the agent asks', agent: `${ALL}\nid: a, ask: {integration: github}`, scope: 'pulls:write', target: 'acme-corp/x', is: ['ask', 'agent_permissions', /waits until somebody approves/, 'bot/a'] },
    { name: 'an ask rule that could match, where nothing else allows', agent: 'id: a, ask: {integration: github, target: "acme-corp/*", when: "body.x == 1"}', scope: 'pulls:write', target: 'acme-corp/x', is: ['ask', 'agent_permissions', /./, 'bot/a'] },
    { name: 'the agent has no such permission', agent: 'id: r, allow: {integration: github, scopes: ["issues:write"]}', scope: 'contents:write', target: '**', is: ['deny', 'agent_permissions', /^The permissions of agent:bot do not include contents:write\.$/] },
    { name: 'the agent has it elsewhere', agent: 'id: r, allow: {integration: github, target: "acme-corp/*"}', scope: 'contents:write', target: 'other/x', is: ['deny', 'agent_permissions', /include contents:write, but not on other\/x/] },
    { name: 'an overlap is enough', agent: 'id: r, allow: {integration: github, target: "acme-corp/*"}', scope: 'contents:write', target: '*/backend', is: ['allow', undefined, /./] },
    { name: 'the agent has no policy', noAgentPolicy: true, scope: 'contents:write', target: '**', is: ['deny', 'agent_permissions', /do not include/] },
    { name: 'the agent denies', agent: `${ALL}\nid: d, deny: {integration: github, scopes: ["contents:read"]}`, scope: 'contents:write', target: '**', is: ['deny', 'agent_permissions', /rule out contents:write/, 'bot/d'] },
    { name: 'an org that allows only by rule', orgDefault: 'deny', scope: 'contents:write', target: '**', is: ['deny', 'org_policy', /Your organisation/] },
    { name: 'and has one', orgDefault: 'deny', org: 'id: o, allow: {integration: github, access: write}', scope: 'contents:write', target: '**', is: ['allow', undefined, /./] },
    { name: 'a rule for agents that act for themselves is not for people', orgDefault: 'deny', org: 'id: o, allow: {integration: github, without_person: true}', scope: 'contents:write', target: '**', is: ['deny', 'org_policy', /./] },
    { name: 'a scope that no operation needs just so, by what it covers', agent: 'id: r, allow: {integration: github, scopes: ["pulls:write"]}', scope: 'pulls:admin', target: '**', is: ['allow', undefined, /./] },
    { name: 'a scope that does not exist', scope: 'nothing:at-all', target: '**', is: ['deny', 'org_policy', /no such permission/] },
  ]

  it.each(CASES)('$name', ({ org = '', orgDefault, agent = ALL, noAgentPolicy, scope, target, is: [effect, layer, reason, rule] }) => {
    const preview = ask(policies(org, noAgentPolicy === true ? undefined : agent, orgDefault), scope, target)
    expect(preview).toMatchObject({ effect, layer, reason: expect.stringMatching(reason) })
    if (rule !== undefined) expect(preview.rule?.id).toBe(rule)
  })

  it('of several targets is that of the best, and of none a refusal', () => {
    const snapshot = policies(PRODUCTION, ALL)
    expect(ask(snapshot, 'pulls:write', 'acme-corp/prod-1', 'acme-corp/dev').effect).toBe('allow')
    expect(ask(snapshot, 'pulls:write')).toMatchObject({ effect: 'deny', reason: 'No target is named.' })
  })

  it('of an integration whose operations are not known asks only what no operation could escape', () => {
    const tickets = (org: string): Preview => policies(org, 'id: all, allow: {integration: tickets}').preview({ ...ALICE, integration: 'tickets', scope: 'comments:create', targets: ['**'] })
    expect(tickets('').effect).toBe('allow')
    expect(tickets('id: d, deny: {integration: tickets, access: write}').effect).toBe('allow')
    expect(tickets('id: d, deny: {integration: tickets, scopes: ["comments:create"]}').effect).toBe('deny')
  })

  it('counts operations that rules declare by their route', () => {
    const declared = 'id: r, allow: {integration: github, route: "GET /x/{y}", scopes: ["metadata:read"], access: read}'
    expect(ask(policies('', declared), 'metadata:read', '**').effect).toBe('allow')
  })
})

const SCOPES = ['pulls:read', 'pulls:write', 'contents:write', 'issues:write', 'administration:write']
const TARGETS = ['acme-corp/*', 'acme-corp/prod-*', 'other/**', '**', 'acme-corp/backend']
const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1, maxLength: Math.min(3, values.length) })
const match = fc.record({
  integration: fc.constant('github'), scopes: some(SCOPES), access: some(['read', 'write']), target: some(TARGETS), group: some(['eng', 'sales', 'e*']),
  operation: fc.constantFrom('**/reviews', 'GET **'), when: fc.constantFrom('request.method == "GET"', 'request.method == "POST"'),
}, { requiredKeys: ['integration'] })
const rules = fc.array(fc.tuple(fc.constantFrom('allow', 'allow', 'deny', 'ask', 'ask'), match), { maxLength: 4 })
type Rules = readonly (readonly [string, object])[]

const anOperation: fc.Arbitrary<Operation> = fc.tuple(
  fc.constantFrom(...OPERATIONS), fc.constantFrom<Operation['targets']>(
    { kind: 'none' }, { kind: 'unresolved', reason: 'r' }, { kind: 'named', names: ['acme-corp/backend'] }, { kind: 'named', names: ['acme-corp/prod-1', 'other/x/y'] },
  ),
).map(([facts, targets]) => ({ integration: 'github', ...facts, targets, parameters: {} }))

/** Undefined where a rule can never match, which is refused at load. */
function snapshotFor(org: Rules, agent: Rules): CompiledSnapshot | undefined {
  const written = (list: Rules) => JSON.stringify(list.map(([kind, keys], index) => ({ id: `r${index}`, [kind]: keys })))
  try {
    return snapshotOf(`policy: org\ndefault: allow\nrules: ${written(org)}\n---\npolicy: agent\nagent: agent:bot\nrules: ${written(agent)}\n`)
  } catch {
    return undefined
  }
}

describe('a preview and the decision', () => {
  it('never differ in that the one refuses what the other allows, or asks', () => {
    const seen = { allow: 0, ask: 0, deny: 0 }
    fc.assert(fc.property(rules, rules, anOperation, fc.constantFrom('GET', 'POST'), (org, agent, of, method) => {
      const snapshot = snapshotFor(org, agent)
      fc.pre(snapshot !== undefined)
      if (snapshot === undefined) return
      const who = principal({ delegation: { ...delegation(), standing: { consent: CONSENT, groups: ['eng'], connections: {} } } })
      const { effect, scopes } = snapshot.evaluate(input({ principal: who, operation: of, request: request({ method }) }))
      seen[effect] += 1
      if (effect === 'deny') return
      const names = of.targets.kind === 'named' ? of.targets.names : ['**']
      for (const scope of scopes) {
        for (const target of names) {
          const preview = ask(snapshot, scope, target)
          expect(preview.effect, `${scope} on ${target}`).not.toBe('deny')
          if (effect === 'allow') expect(preview.effect, `${scope} on ${target}`).toBe('allow')
        }
        expect(snapshot.cannotDo(ALICE, 'github').scopes).not.toContain(scope)
      }
      expect(snapshot.cannotDo(ALICE, 'github').access).not.toContain(of.access)
    }), { numRuns: 600 })
    expect(Math.min(seen.allow, seen.ask, seen.deny)).toBeGreaterThan(0)
  })
})

describe('what an agent can never do', () => {
  it('is told by scope and by access', () => {
    expect(policies('', 'id: r, allow: {integration: github, access: read}').cannotDo(ALICE, 'github')).toEqual({
      scopes: ['pull_requests:write', 'contents:write', 'issues:write', 'administration:write'], access: ['write'],
    })
    expect(policies('', ALL).cannotDo(ALICE, 'github')).toEqual({ scopes: [], access: [] })
    expect(policies('', undefined).cannotDo(ALICE, 'github').access).toEqual(['read', 'write'])
    expect(policies('', ALL).cannotDo(ALICE, 'nowhere')).toEqual({ scopes: [], access: [] })
  })
})

describe('an agent that may act for itself', () => {
  it.each([
    ['no rule', '', false],
    ['a rule for people', 'id: o, allow: {integration: github, without_person: false}', false],
    ['a rule for all agents', 'id: o, allow: {integration: github, without_person: true}', true],
    ['a rule for it', 'id: o, allow: {integration: github, without_person: true, agent: "agent:b*"}', true],
    ['a rule for another', 'id: o, allow: {integration: github, without_person: true, agent: agent:other}', false],
    ['a rule that refuses', 'id: o, deny: {integration: github, without_person: true}', false],
  ])('%s', (_, org, is) => {
    expect(policies(org, ALL).actsForItself(ALICE.agent)).toBe(is)
  })
})

describe('an organisation that lends its authority', () => {
  it.each([
    ['no rule', '', false],
    ['a rule that lends none', 'id: o, allow: {integration: github}', false],
    ['a rule for some targets', 'id: o, allow: {integration: github, target: "acme-corp/*"}, authority: organisation', true],
    ['a rule of all integrations', 'id: o, allow: {access: read}, authority: organisation', true],
    ['a rule of another integration', 'id: o, allow: {integration: slack}, authority: organisation', false],
    ['a rule for the person\'s group', 'id: o, allow: {integration: github, group: eng}, authority: organisation', true],
    ['a rule for another group', 'id: o, allow: {integration: github, group: sales}, authority: organisation', false],
    ['a rule for agents that act for themselves', 'id: o, allow: {integration: github, without_person: true}, authority: organisation', false],
  ])('somewhere: %s', (_, org, is) => {
    expect(policies(org, ALL).lendsOrganisation(ALICE, 'github')).toBe(is)
  })
})

describe('how long rules let access be delegated', () => {
  const access = (...scopes: readonly string[]) => [{ integration: 'github', scopes, targets: ['acme-corp/*'] }]
  const TEN = 'id: r, allow: {integration: github, scopes: ["pulls:write"], target: "acme-corp/*"}, delegation_expires_in: 10m'

  it.each([
    ['the rule\'s', '', TEN, access('pulls:write'), 600_000],
    ['none where a rule has none', '', ALL, access('pulls:write'), undefined],
    ['the shortest of several parts', '', `${TEN}\nid: s, allow: {integration: github, scopes: ["issues:write"]}, delegation_expires_in: 1h`, access('pulls:write', 'issues:write'), 600_000],
    ['that of the bounded part, beside one that has none', '', `${TEN}\nid: s, allow: {integration: github, scopes: ["issues:write"]}`, access('pulls:write', 'issues:write'), 600_000],
    ['no longer than an org rule that certainly matches', 'id: o, allow: {integration: github}, delegation_expires_in: 5m', TEN, access('pulls:write'), 300_000],
    ['not bounded by an org rule that may not match', 'id: o, allow: {integration: github, target: "acme-corp/x"}, delegation_expires_in: 5m', TEN, access('pulls:write'), 600_000],
    ['what is refused anyway counts for nothing', '', TEN, access('pulls:write', 'contents:write'), 600_000],
    ['nothing at all', '', TEN, access(), undefined],
  ])('%s', (_, org, agent, wanted, is) => {
    expect(policies(org, agent).delegationBound(ALICE, wanted)).toBe(is)
  })
})

describe('globs overlap', () => {
  it.each([
    ['a/*', '*/b', true], ['a/*', 'a/b/c', false], ['a/**', '*/b/c', true], ['prod-*', 'prod-1', true], ['prod-*', 'dev-*', false], ['*', 'a/b', false],
    ['**', '', true], ['*', '**', true], ['a*c', 'ab*', true], ['a*c', 'b*', false], ['', '', true], ['', 'a', false],
  ])('%s and %s: %s', (one, other, is) => {
    expect([globsOverlap(one, other), globsOverlap(other, one)]).toEqual([is, is])
  })

  it('wherever one text is matched by both', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 6 }).map((parts) => parts.join(''))
    const text = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 6 }).map((parts) => parts.join(''))
    fc.assert(fc.property(glob, glob, text, (one, other, of) => {
      if (compileGlob(one)(of) && compileGlob(other)(of)) expect(globsOverlap(one, other)).toBe(true)
    }), { numRuns: 3_000 })
  })

  it('only where some text is matched by both', () => {
    const texts = ['', 'a', 'b', '/', 'aa', 'ab', 'a/', '/a', 'ba', 'bb', 'b/', '/b', '//', ...['a', 'b', '/'].flatMap((x) => ['a', 'b', '/'].flatMap((y) => ['a', 'b', '/'].map((z) => x + y + z)))]
    const glob = fc.array(fc.constantFrom('a', 'b', '/', '*'), { maxLength: 3 }).map((parts) => parts.join(''))
    fc.assert(fc.property(glob, glob, (one, other) => {
      const shared = texts.some((of) => compileGlob(one)(of) && compileGlob(other)(of))
      if (!one.includes('**') && !other.includes('**') && one.length + other.length <= 4) expect(globsOverlap(one, other)).toBe(shared)
    }), { numRuns: 2_000 })
  })
})

describe('whose authority a scope is used with', () => {
  const lends = (org: string, scope: string, target: string): boolean =>
    policies(org, ALL).lends({ ...ALICE, integration: 'github', scope, targets: [target] })

  it.each<[string, string, string, string, boolean]>([
    ['lent for all targets', 'id: l, allow: {integration: github}, authority: organisation', 'pulls:read', '**', true],
    ['lent for these targets', 'id: l, allow: {integration: github, target: "acme-corp/*"}, authority: organisation', 'pulls:read', 'acme-corp/backend', true],
    ['lent for some of these targets only', 'id: l, allow: {integration: github, target: "acme-corp/*"}, authority: organisation', 'pulls:read', '**', false],
    ['lent for a lower access only', 'id: l, allow: {integration: github, scopes: [pulls:read]}, authority: organisation', 'pulls:write', 'acme-corp/backend', false],
    ['lent under a condition', 'id: l, allow: {integration: github, when: "body.x == 1"}, authority: organisation', 'pulls:read', '**', false],
    ['allowed and not lent', 'id: a, allow: {integration: github}', 'pulls:read', '**', false],
    ['lent and refused all the same', 'id: l, allow: {integration: github}, authority: organisation\nid: d, deny: {integration: github, access: [read, write, admin]}', 'pulls:read', '**', false],
  ])('%s', (_, org, scope, target, lent) => {
    expect(lends(org, scope, target)).toBe(lent)
  })
})
