import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Operation } from '../../src/model/operation.ts'
import type { Principal } from '../../src/model/principal.ts'
import { CompiledSnapshot } from '../../src/policy/compiled-snapshot.ts'
import type { CompiledPolicies } from '../../src/policy/compiled-policies.ts'
import type { EvaluationInput } from '../../src/policy/snapshot.ts'
import { agentId, compile, CONSENT, delegation, jsonBody, OPERATIONS, principal, request, vocabularies } from './fixtures.ts'

const EXPIRES_MS = 1_000
const NARROW = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]
const kept = (groups: readonly string[], consent = CONSENT): Principal =>
  principal({ delegation: { ...delegation(CONSENT, EXPIRES_MS), standing: { consent, groups, connections: {} } } })

/** The very objects come again and again, as those of a token do; and others that read the same but in one thing. */
const PRINCIPALS: readonly Principal[] = [
  principal({ delegation: delegation(CONSENT, EXPIRES_MS) }), principal({ delegation: delegation(NARROW, EXPIRES_MS) }), principal({ delegation: undefined }),
  principal({ agent: agentId('agent:other'), delegation: delegation(CONSENT, EXPIRES_MS) }), kept(['eng']), kept(['ops', 'eng-lead']), kept([], NARROW),
]

const TARGETS: readonly Operation['targets'][] = [
  { kind: 'none' }, { kind: 'unresolved', reason: 'a number' }, { kind: 'unresolved', reason: 'two bodies' }, { kind: 'named', names: [] },
  { kind: 'named', names: ['acme-corp/backend'] }, { kind: 'named', names: ['ACME-corp/Backend'] }, { kind: 'named', names: ['acme-corp/prod-1', 'other/x/y'] },
  { kind: 'named', names: ['other/x/y', 'acme-corp/prod-1'] }, { kind: 'named', names: ['acme-corp/prod-1\u0001other/x/y'] },
]
const COUNTERPARTS = [undefined, ['GET /user'], ['PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge']] as const

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1, maxLength: 2 })
/** Every key that a rule can have; a condition, which looks at the request, among them. */
const keys = fc.record({
  scopes: some(['pulls:write', 'contents:write', 'issues:write']), access: some(['read', 'write']), target: some(['acme-corp/*', 'acme-corp/prod-*', 'other/**', '**']),
  operation: some(['GET **', 'GET /user', 'PUT **', '**']), agent: some(['agent:bot', 'agent:other']), person: some(['user:alice@*', 'user:bob@*']),
  group: some(['eng', 'eng-*', 'ops']), without_person: fc.boolean(),
  when: fc.constantFrom('body.x == 1', 'request.method == "GET"', 'now < timestamp("1970-01-01T00:00:00.500Z")', 'operation.parameters["n"] == "1"', 'agent.name == "Bot"'),
})
const LOOK_NOWHERE_ELSE = ['scopes', 'access', 'target', 'operation', 'agent', 'person', 'group', 'without_person']
const keysOf = (names: readonly string[]) => fc.tuple(keys, fc.subarray([...names], { maxLength: 2 })).map(([all, kept]) => ({
  integration: 'github', ...Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name))),
}))
const match = fc.oneof({ weight: 9, arbitrary: keysOf(LOOK_NOWHERE_ELSE) }, keysOf([...LOOK_NOWHERE_ELSE, 'when']))
const bounds = fc.record({ expires_in: fc.constantFrom('5m', '1h'), limits: fc.constantFrom({ requests: '5/m' }, { body: '1KiB' }, { requests: '60/h', body: '2KiB' }) }, { requiredKeys: [] })
const rule = fc.tuple(fc.constantFrom('allow', 'allow', 'allow', 'ask', 'deny'), match, bounds)
const rules = fc.array(rule, { maxLength: 3 })
const ALLOWED: Rules[number] = ['allow', { integration: 'github', scopes: ['pulls:write', 'contents:write', 'issues:write', 'administration:write'] }, {}]
const agentRules = fc.oneof(rules, rules.map((others): Rules => [ALLOWED, ...others]))
type Rules = readonly (readonly [string, Readonly<Record<string, unknown>>, object])[]

const BODIES = [undefined, jsonBody({ x: 1 }), jsonBody({ x: 2 })] as const
const parts = fc.record({
  by: fc.constantFrom(...PRINCIPALS),
  facts: fc.constantFrom(...OPERATIONS),
  targets: fc.constantFrom(...TARGETS),
  counterparts: fc.constantFrom(...COUNTERPARTS),
  access: fc.constantFrom(undefined, 'write' as const, 'admin' as const),
  parameters: fc.constantFrom({}, { n: '1' }),
  asked: fc.constantFrom(request(), request({ path: '/a/b' }), request({ path: '/b', method: 'POST' })),
  body: fc.constantFrom(...BODIES),
  bodyToCome: fc.boolean(),
  nowMs: fc.constantFrom(0, 400, 600, EXPIRES_MS - 1, EXPIRES_MS),
})
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never

function inputOf({ by, facts, targets, counterparts, access, parameters, asked, body, bodyToCome, nowMs }: Parts): EvaluationInput {
  const operation = { integration: 'github', ...facts, targets, parameters, ...(access === undefined ? {} : { access }), ...(counterparts === undefined ? {} : { counterparts }) }
  return { principal: by, operation, request: asked, body, nowMs, ...(bodyToCome ? { bodyToCome } : {}) }
}

/** Each with one thing of the other, which is all that tells it from the first. */
function neighbours(one: Parts, other: Parts): readonly EvaluationInput[] {
  return [one, ...Object.keys(one).map((part) => ({ ...one, [part]: other[part as keyof Parts] })), other].map(inputOf)
}

/** Rules that cannot be loaded do not count. YAML is a superset of JSON. */
function policiesOf(org: Rules, agent: Rules): CompiledPolicies | undefined {
  const written = (list: Rules) => JSON.stringify(list.map(([kind, keys, bound], index) => ({ id: `r${index}`, [kind]: keys, ...(kind === 'deny' ? {} : bound) })))
  const { policies, problems } = compile(`policy: org\ndefault: allow\nrules: ${written(org)}\n---\npolicy: agent\nagent: agent:bot\nrules: ${written(agent)}\n`)
  return problems.length > 0 ? undefined : policies
}

describe('a snapshot that remembers', () => {
  it('decides each of many requests as one that was asked for nothing before', () => {
    fc.assert(fc.property(rules, agentRules, parts, parts, (org, agent, one, other) => {
      const policies = policiesOf(org, agent)
      fc.pre(policies !== undefined)
      const inputs = neighbours(one, other)
      const right = inputs.map((input) => JSON.stringify(new CompiledSnapshot(policies, vocabularies).evaluate(input)))
      const [forth, back] = [new CompiledSnapshot(policies, vocabularies), new CompiledSnapshot(policies, vocabularies)]
      const told = inputs.map((input) => JSON.stringify(forth.evaluate(input)))
      const toldBack = inputs.toReversed().map((input) => JSON.stringify(back.evaluate(input)))
      expect([told, toldBack]).toEqual([right, right.toReversed()])
    }), { numRuns: 600 })
  })
})
