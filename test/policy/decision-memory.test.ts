import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/model/decision.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Principal } from '../../src/model/principal.ts'
import { DecisionMemory } from '../../src/policy/decision-memory.ts'
import type { EvaluationInput } from '../../src/policy/snapshot.ts'
import { principal } from '../issuance/fixture.ts'

const READ: readonly (readonly string[])[] = [['pulls:read']]
const OPERATION: Operation = {
  integration: 'github', name: 'GET /repos/{owner}/{repo}', access: 'read', alternatives: READ, targets: { kind: 'named', names: ['acme-corp/backend'] }, parameters: {},
}

function world() {
  const memory = new DecisionMemory()
  let made = 0
  const who = principal()
  const decide = (operation: Operation, by: Principal = who, nowMs = 0): Decision =>
    memory.decide({ principal: by, operation, nowMs } as unknown as EvaluationInput, () => ({ number: (made += 1) }) as unknown as Decision)
  return { who, decide, get made() { return made } }
}

describe('a decision', () => {
  it('is made once for the same principal, operation and targets', () => {
    const { decide, who } = world()
    const first = decide(OPERATION, who)
    expect(decide({ ...OPERATION, targets: { kind: 'named', names: ['acme-corp/backend'] } }, who)).toBe(first)
  })

  it.each<readonly [string, Partial<Operation>]>([
    ['another integration', { integration: 'slack' }],
    ['another name', { name: 'PUT /repos/{owner}/{repo}' }],
    ['another access', { access: 'write' }],
    ['other scopes, though they read the same', { alternatives: [['pulls:read']] }],
    ['another target', { targets: { kind: 'named', names: ['acme-corp/frontend'] } }],
    ['one target more', { targets: { kind: 'named', names: ['acme-corp/backend', 'acme-corp/frontend'] } }],
    ['no target', { targets: { kind: 'none' } }],
    ['a target that could not be told', { targets: { kind: 'unresolved', reason: 'a number' } }],
    ['other operations that do the same', { counterparts: ['another'] }],
  ])('is made anew for %s', (_, over) => {
    const { decide } = world()
    const first = decide(OPERATION)
    expect(decide({ ...OPERATION, ...over })).not.toBe(first)
    expect(decide(OPERATION)).toBeDefined()
  })

  it('does not take two names for one that holds what stands between them', () => {
    const { decide } = world()
    const named = (...names: string[]): Operation => ({ ...OPERATION, targets: { kind: 'named', names } })
    const first = decide(named('a\u0001b', 'c'))
    expect(decide(named('a', 'b\u0001c'))).not.toBe(first)
  })

  it('is made anew for another principal, though every field is the same', () => {
    const { decide, who } = world()
    const first = decide(OPERATION, who)
    expect(decide(OPERATION, { ...who })).not.toBe(first)
  })

  it('is not taken from memory once the delegation has ended', () => {
    const { decide, who } = world()
    const first = decide(OPERATION, who)
    expect(decide(OPERATION, who, who.delegation?.expiresAtMs ?? Number.NaN)).not.toBe(first)
  })

  it('is bounded in number, by one principal', () => {
    const run = world()
    for (let number = 0; number < 1_000; number += 1) run.decide({ ...OPERATION, targets: { kind: 'named', names: [`acme-corp/${number}`] } })
    expect(run.made).toBe(1_000)
    run.decide({ ...OPERATION, targets: { kind: 'named', names: ['acme-corp/0'] } })
    expect(run.made).toBe(1_001)
  })

  it('is bounded in number by all principals together, since a token that is renewed again and again has a principal each time', () => {
    const run = world()
    const first = principal()
    run.decide(OPERATION, first)
    run.decide(OPERATION, first)
    expect(run.made).toBe(1)
    for (let token = 0; token < 400; token += 1) {
      const renewed = principal()
      for (let number = 0; number < 100; number += 1) run.decide({ ...OPERATION, targets: { kind: 'named', names: [`acme-corp/${number}`] } }, renewed)
    }
    run.decide(OPERATION, first)
    expect(run.made).toBe(1 + 400 * 100 + 1)
  })
})
