import { describe, expect, it } from 'vitest'
import { rulesFor, type Viewer } from '../../src/policy/describe.ts'
import { loaded } from '../admin/support/policies.ts'
import { agentId } from './fixtures.ts'

const BOT = agentId('agent:bot')
const ALICE: Viewer = { person: 'user:alice@acme.com', groups: [] }

const { rules } = loaded(`policy: org
default: allow
rules:
  - id: watched
    deny: { integration: github, target: "acme-corp/*", when: 'person.id == "user:bob@acme.com"' }
  - id: suspended
    deny: { integration: github, target: "acme-corp/*", when: '!(request.method == "GET") && [agent.id, "agent:secret-project"].exists(a, a == "agent:rival")' }
  - id: small
    deny: { integration: github, access: write, when: 'request.method == "PUT"' }
  - id: pair
    ask: { integration: github, person: ["user:alice@acme.com", "user:bob@acme.com"] }
`)
const told = (viewer: Viewer | undefined): readonly (readonly [string, object])[] => rulesFor(BOT, rules, viewer).map(({ id, match }) => [id, match])

describe('the rules that a person is told for whom an agent acts', () => {
  it('name nobody else, in what they match or in their conditions', () => {
    expect(told(ALICE)).toEqual([
      ['org/watched', { integration: ['github'], target: ['acme-corp/*'] }],
      ['org/suspended', { integration: ['github'], target: ['acme-corp/*'] }],
      ['org/small', { integration: ['github'], access: ['write'], when: 'request.method == "PUT"' }],
      ['org/pair', { integration: ['github'] }],
    ])
  })

  it('are whole for whoever sees all', () => {
    expect(told(undefined)).toEqual([
      ['org/watched', expect.objectContaining({ when: 'person.id == "user:bob@acme.com"' })],
      ['org/suspended', expect.objectContaining({ when: expect.stringContaining('agent:rival') })],
      ['org/small', expect.objectContaining({ when: 'request.method == "PUT"' })],
      ['org/pair', expect.objectContaining({ person: ['user:alice@acme.com', 'user:bob@acme.com'] })],
    ])
  })
})
