import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { input, jsonBody, operation, ORG_ALLOWS, snapshotOf } from './fixtures.ts'

const REVIEW = operation('reviews', 'acme-corp/backend')

function effectOf(agentRules: string, orgRules = '', over: Parameters<typeof input>[0] = {}): string {
  const org = orgRules === '' ? ORG_ALLOWS : `${ORG_ALLOWS}rules:\n${orgRules}`
  return snapshotOf(`${org}---\npolicy: agent\nagent: agent:bot\nrules:\n${agentRules}`)
    .evaluate(input({ operation: REVIEW, body: undefined, bodyToCome: true, ...over })).effect
}

const rule = (id: string, effect: string, when?: string): string => `  - {id: ${id}, ${effect}: {integration: github${when === undefined ? '' : `, when: '${when}'`}}}\n`
const ALL = rule('all', 'allow')

describe('asked whether some body would not be denied', () => {
  it.each([
    ['an allow rule that depends on the body could match', rule('a', 'allow', 'body.repo == "x"'), '', 'allow'],
    ['a deny rule that depends on the body need not match', ALL, rule('d', 'deny', 'body.repo == "x"'), 'allow'],
    ['an ask rule that depends on the body asks, which is no refusal', ALL, rule('q', 'ask', 'body.repo == "x"'), 'ask'],
    ['an ask rule that depends on the body may be all that grants it', rule('q', 'ask', 'body.repo == "x"'), '', 'ask'],
    ['a deny rule without a condition matches', ALL, rule('d', 'deny'), 'deny'],
    ['an ask rule without a condition asks', ALL, rule('q', 'ask'), 'ask'],
    ['a condition on something else is judged as ever', rule('a', 'allow', 'request.method == "BREW"'), '', 'deny'],
    ['one that denies by something else, too', ALL, rule('d', 'deny', 'agent.id == "agent:bot"'), 'deny'],
  ])('%s', (_what, agent, org, effect) => {
    expect(effectOf(agent, org)).toBe(effect)
  })

  it('is not asked of a request that is at hand: without its body the condition fails', () => {
    const { bodyToCome: _, ...atHand } = input({ operation: REVIEW, body: undefined })
    const snapshot = snapshotOf(`${ORG_ALLOWS}---\npolicy: agent\nagent: agent:bot\nrules:\n${rule('a', 'allow', 'body.repo == "x"')}`)
    expect(snapshot.evaluate(atHand).effect).toBe('deny')
  })

  it('never says no where some body is allowed', () => {
    const condition = fc.constantFrom(undefined, 'body.repo == "x"', 'body.n > 3', 'has(body.repo)', 'request.method == "POST"', 'size(body) == 0')
    const rules = fc.array(fc.tuple(fc.constantFrom('allow', 'deny', 'ask'), condition), { minLength: 1, maxLength: 4 })
      .map((list) => list.map(([effect, when], at) => rule(`r${at}`, effect, when)).join(''))
    const body = fc.record({ repo: fc.constantFrom('x', 'y'), n: fc.integer({ min: 0, max: 9 }) }, { requiredKeys: [] })
    fc.assert(fc.property(rules, rules, body, (agent, org, value) => {
      const snapshot = snapshotOf(`${ORG_ALLOWS}rules:\n${org}---\npolicy: agent\nagent: agent:bot\nrules:\n${agent}`)
      const atHand = snapshot.evaluate(input({ operation: REVIEW, body: jsonBody(value) })).effect
      const asked = snapshot.evaluate(input({ operation: REVIEW, body: undefined, bodyToCome: true })).effect
      if (atHand !== 'deny') expect(asked).not.toBe('deny')
    }), { numRuns: 60 })
  })
})
