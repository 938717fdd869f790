import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/model/decision.ts'
import type { Operation } from '../../src/model/operation.ts'
import { delegation, input, operation, OPERATIONS, principal, snapshotOf } from './fixtures.ts'

const RANK = { deny: 0, ask: 1, allow: 2 } as const
const SCOPES = ['pulls:read', 'pulls:write', 'contents:read', 'contents:write', 'issues:write', 'administration:write']
const TARGETS = ['acme-corp/*', 'acme-corp/prod-*', 'other/**', '**', 'acme-corp/backend']

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1, maxLength: Math.min(3, values.length) })
const match = fc.record({
  integration: fc.constant('github'), scopes: some(SCOPES), access: some(['read', 'write']), target: some(TARGETS),
  when: fc.constantFrom('body.x == 1', 'request.method == "GET"', 'request.method == "POST"'),
}, { requiredKeys: ['integration'] })
const effect = fc.constantFrom('allow', 'deny', 'ask')
const rules = fc.array(fc.tuple(effect, match), { maxLength: 5 })
type Rules = readonly (readonly [string, object])[]

const anOperation: fc.Arbitrary<Operation> = fc.tuple(
  fc.constantFrom(...OPERATIONS), fc.constantFrom<Operation['targets']>(
    { kind: 'none' }, { kind: 'unresolved', reason: 'r' }, { kind: 'named', names: ['acme-corp/backend'] },
    { kind: 'named', names: ['acme-corp/prod-1', 'other/x/y'] }, { kind: 'named', names: [] },
  ),
).map(([facts, targets]) => ({ integration: 'github', ...facts, targets, parameters: {} }))

/** YAML is a superset of JSON; rules that can never match are refused at load and so do not count. */
function decide(org: Rules, agent: Rules, of: Operation, consent = delegation()): Decision | undefined {
  const written = (list: Rules) => JSON.stringify(list.map(([kind, keys], index) => ({ id: `r${index}`, [kind]: keys })))
  try {
    return snapshotOf(`policy: org\ndefault: allow\nrules: ${written(org)}\n---\npolicy: agent\nagent: agent:bot\nrules: ${written(agent)}\n`)
      .evaluate(input({ operation: of, principal: principal({ delegation: consent }) }))
  } catch (error) {
    if (error instanceof Error && error.message.includes('can never match')) return undefined
    throw error
  }
}

function isOrdered(lower: Decision | undefined, higher: Decision | undefined): boolean {
  fc.pre(lower !== undefined && higher !== undefined)
  return lower !== undefined && higher !== undefined && RANK[lower.effect] <= RANK[higher.effect]
}

describe('evaluation is monotonic', () => {
  it('a further deny rule never allows more', () => {
    fc.assert(fc.property(rules, rules, match, fc.boolean(), anOperation, (org, agent, deny, atOrg, of) => {
      const extra = [['deny', deny]] as const
      expect(isOrdered(decide(atOrg ? [...org, ...extra] : org, atOrg ? agent : [...agent, ...extra], of), decide(org, agent, of))).toBe(true)
    }), { numRuns: 250 })
  })

  it('a further ask rule never turns a denial of the organisation into more', () => {
    fc.assert(fc.property(rules, rules, match, anOperation, (org, agent, ask, of) => {
      expect(isOrdered(decide([...org, ['ask', ask]], agent, of), decide(org, agent, of))).toBe(true)
    }), { numRuns: 250 })
  })

  it('a further allow rule never allows less', () => {
    fc.assert(fc.property(rules, rules, match, anOperation, (org, agent, allow, of) => {
      expect(isOrdered(decide(org, agent, of), decide(org, [...agent, ['allow', allow]], of))).toBe(true)
    }), { numRuns: 250 })
  })

  it('the order of rules does not change the effect', () => {
    fc.assert(fc.property(rules, rules, anOperation, (org, agent, of) => {
      const [forward, backward] = [decide(org, agent, of), decide(org.toReversed(), agent.toReversed(), of)]
      expect(backward?.effect).toBe(forward?.effect)
    }), { numRuns: 250 })
  })

  it('consent to less never allows more', () => {
    const all = ['pulls:write', 'contents:write', 'issues:write', 'administration:write']
    fc.assert(fc.property(rules, fc.subarray(all), some(TARGETS), anOperation, (agent, scopes, targets, of) => {
      const less = delegation([{ integration: 'github', scopes, targets }])
      expect(isOrdered(decide([], agent, of, less), decide([], agent, of, delegation([{ integration: 'github', scopes: all, targets: ['**'] }])))).toBe(true)
    }), { numRuns: 250 })
  })

  it('the decided scopes are one alternative of the operation, and none where it is refused', () => {
    const all = [['allow', { integration: 'github' }]] as const
    fc.assert(fc.property(rules, anOperation, (org, of) => {
      const decision = decide(org, all, of)
      fc.pre(decision !== undefined)
      expect(decision?.effect === 'deny' ? [[]] : of.alternatives).toContainEqual(decision?.scopes)
    }), { numRuns: 250 })
  })

  it('nothing is allowed on what no allow rule of the agent names', () => {
    fc.assert(fc.property(rules, anOperation, (org, of) => {
      expect(decide(org, [], of)?.effect ?? 'deny').toBe('deny')
    }), { numRuns: 100 })
    expect(decide([], [], operation('GET /user'))?.effect).toBe('deny')
  })
})
