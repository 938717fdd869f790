import { describe, expect, it } from 'vitest'
import type { Operation } from '../../src/model/operation.ts'
import { input, ORG_ALLOWS, snapshotOf } from '../policy/fixtures.ts'
import { judged } from './judged.ts'

const ALLOW_ALL = 'rules:\n  - { id: all, allow: { integration: github } }\n'
const MERGE = judged('mutation { mergePullRequest(input: {}) { clientMutationId } }', undefined, 'acme-corp/backend')
const PULL = judged('{ repository(owner: "acme-corp", name: "backend") { pullRequest(number: 1) { title } } }')
const MERGE_BY_REST = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'
const READ_BY_REST = 'GET /repos/{owner}/{repo}/pulls/{pull_number}'

function effect(org: string, agent: string, operation: Omit<Operation, 'integration'>): string {
  const snapshot = snapshotOf(`${ORG_ALLOWS}${org}---\npolicy: agent\nagent: agent:bot\n${agent}`)
  return snapshot.evaluate(input({ operation: { integration: 'github', ...operation } })).effect
}

describe('rules that name operations, and GraphQL', () => {
  it.each<[what: string, rule: string, operation: Omit<Operation, 'integration'>, expected: string]>([
    ['a deny of the REST operation refuses the mutation that does the same', `deny: { integration: github, operation: "${MERGE_BY_REST}" }`, MERGE, 'deny'],
    ['an ask asks about it', `ask: { integration: github, operation: "${MERGE_BY_REST}" }`, MERGE, 'ask'],
    ['a deny of another leaves it', 'deny: { integration: github, operation: "POST /repos/{owner}/{repo}/pages" }', MERGE, 'allow'],
    ['a deny of a REST read refuses the query that takes its scope', `deny: { integration: github, operation: "${READ_BY_REST}" }`, PULL, 'deny'],
    ['a deny of a REST write leaves the query', `deny: { integration: github, operation: "${MERGE_BY_REST}" }`, PULL, 'allow'],
    ['by access, it leaves what has another', 'deny: { integration: github, access: write, operation: "**" }', PULL, 'allow'],
  ])('%s', (_what, rule, operation, expected) => {
    expect(effect(`rules:\n  - { id: it, ${rule} }\n`, ALLOW_ALL, operation)).toBe(expected)
  })

  it('an allow of the REST operation does not allow the mutation', () => {
    const rule = `rules:\n  - { id: merge, allow: { integration: github, operation: "${MERGE_BY_REST}", scopes: ["contents:write"] } }\n`
    expect(effect('', rule, MERGE)).toBe('deny')
    expect(effect('', rule, { ...MERGE, name: MERGE_BY_REST })).toBe('allow')
  })
})
