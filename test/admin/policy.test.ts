import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DelegationId } from '../../src/model/ids.ts'
import { AdminWorld, ALICE, AUDREY, BOB, OLIVIA, type Answered } from './support/admin-world.ts'
import { POLICIES } from './support/policies.ts'
import { delegation, NOW_MS, record } from './support/things.ts'

const AGENT = 'agent:pr-reviewer'
const READ = 'GET https://api.github.com/repos/acme-corp/backend/pulls/42'

let world: AdminWorld
beforeAll(async () => {
  world = await AdminWorld.start()
  for (const each of [
    delegation('dlg_other_agent', ALICE.id, { agent: 'agent:other' as never }),
    delegation('dlg_revoked', ALICE.id, { state: 'revoked' }),
    delegation('dlg_expired', ALICE.id, { expiresAtMs: NOW_MS - 1 }),
  ]) world.store.delegationsById.set(each.id, each)
  world.store.records.push(
    record(3, { event: 'policy.loaded', policy_hash: 'sha256:one' }),
    record(4, { event: 'policy.rejected', policy_hash: 'sha256:one', reason: 'policies/org.yaml:3:1: no', outcome: 'failed' }),
    record(5, { event: 'policy.loaded', policy_hash: 'sha256:two' }),
  )
})
afterAll(() => world.close())

function explained(body: Readonly<Record<string, unknown>>): Promise<Answered> {
  return world.ask('POST', '/v1/policy/explain', { as: AUDREY, body: { agent: AGENT, request: READ, ...body } })
}

describe('the policies in force', () => {
  it('are told with the very text that was loaded, and the lines of their rules', async () => {
    const { json } = await world.ask('GET', '/v1/policy', { as: OLIVIA })
    expect(json).toEqual({
      hash: 'sha256:abc', loaded_at: new Date(NOW_MS).toISOString(),
      rejected: { at: new Date(NOW_MS + 1).toISOString(), problems: ['policies/org.yaml:3:1: no'] },
      documents: [
        {
          file: 'policies/p.yaml', policy: 'org', agent: null, hash: 'sha256:def', text: POLICIES,
          rules: [
            { id: 'org/production-is-read-only', effect: 'deny', line: 4, because: 'Production repositories are read-only for agents.' },
            { id: 'org/bobs-holiday', effect: 'deny', line: 7, because: null },
            { id: 'org/others', effect: 'deny', line: 9, because: null },
            { id: 'org/contractors', effect: 'ask', line: 11, because: null },
          ],
        },
        {
          file: 'policies/p.yaml', policy: 'agent', agent: AGENT, hash: 'sha256:def', text: POLICIES,
          rules: [
            { id: 'pr-reviewer/review', effect: 'allow', line: 17, because: null },
            { id: 'pr-reviewer/short-messages', effect: 'allow', line: 21, because: 'Only short messages.' },
          ],
        },
      ],
    })
  })

  it('have a history, newest first, in parts', async () => {
    const first = await world.ask('GET', '/v1/policy/history?limit=2', { as: AUDREY })
    expect(first.json['items']).toEqual([
      { at: new Date(NOW_MS + 5_000).toISOString(), event: 'loaded', hash: 'sha256:two', problems: [] },
      { at: new Date(NOW_MS + 4_000).toISOString(), event: 'rejected', hash: null, problems: ['policies/org.yaml:3:1: no'] },
    ])
    const rest = await world.ask('GET', `/v1/policy/history?limit=2&after=${String(first.json['next'])}`, { as: AUDREY })
    expect(rest.json).toEqual({ items: [{ at: new Date(NOW_MS + 3_000).toISOString(), event: 'loaded', hash: 'sha256:one', problems: [] }], next: null })
  })
})

describe('a request that is explained', () => {
  it('is decided by the delegation as it stands', async () => {
    const { status, json } = await explained({ delegation: 'dlg_alice', person: ALICE.id })
    expect(status).toBe(200)
    expect(json).toEqual({
      matched: true, effect: 'allow', decided_by: 'agent_permissions', consent: 'delegation', policy_hash: 'sha256:abc',
      sentence: 'Allowed, since all three layers let it pass: Rule pr-reviewer/review allows it.',
      operation: {
        integration: 'github', name: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', access: 'read', scopes: [['pull_requests:read']],
        targets: { kind: 'named', names: ['acme-corp/backend'] },
      },
      layers: {
        org_policy: { effect: 'allow', reason: 'No rule of org policy denies it, and its default is allow.', rule: null },
        user_consent: { effect: 'allow', reason: 'user:alice@acme.com consented (dlg_alice).', rule: null },
        agent_permissions: { effect: 'allow', reason: 'Rule pr-reviewer/review allows it.', rule: { id: 'pr-reviewer/review', file: 'policies/p.yaml', line: 17 } },
      },
      scopes: ['pull_requests:read'], expires_in_s: 600, limits: [{ requests: 60, per_s: 60, rule: 'pr-reviewer/review' }], authority: 'person',
    })
  })

  it.each([
    ['a person who is taken to have approved it', { person: ALICE.id }, { effect: 'allow', consent: 'assumed' }],
    ['the same, of whom a rule speaks', { person: BOB.id }, { effect: 'deny', consent: 'assumed', decided_by: 'org_policy' }],
    ['nobody', { person: null, delegation: null, groups: [] }, { effect: 'deny', consent: 'none', decided_by: 'user_consent' }],
    ['groups that are named', { request: 'POST https://slack.com/api/chat.postMessage', person: ALICE.id, groups: ['contractors'], body: { channel: 'C0ENG1234', text: 'short' } }, { effect: 'ask', decided_by: 'org_policy' }],
    ['a body that a condition looks at', { request: 'POST https://slack.com/api/chat.postMessage', person: ALICE.id, body: { channel: 'C0ENG1234', text: 'x'.repeat(20) } }, { effect: 'deny', decided_by: 'agent_permissions' }],
    ['an agent that nobody registered', { agent: 'agent:nobody', person: ALICE.id }, { effect: 'deny', sentence: expect.stringMatching(/No policy file is for agent:nobody.* But no agent is registered by this id\.$/) }],
    ['a host that nobody serves', { request: 'GET https://api.example.com/' }, { matched: false, code: 'host_not_served', title: 'No integration serves this host.', detail: 'no integration serves https://api.example.com:443' }],
    ['a delegation that was revoked', { delegation: 'dlg_revoked' }, { matched: false, code: 'delegation_revoked' }],
    ['a delegation whose time is over', { delegation: 'dlg_expired' }, { matched: false, code: 'delegation_expired' }],
  ])('is judged for %s', async (_what, question, expected) => {
    const { status, json } = await explained(question)
    expect(status).toBe(200)
    expect(json).toMatchObject(expected)
  })

  it.each([
    ['a delegation of another agent', { delegation: 'dlg_other_agent' }, 400, 'input_refused'],
    ['a delegation of another person', { delegation: 'dlg_alice', person: BOB.id }, 400, 'input_refused'],
    ['groups beside a delegation', { delegation: 'dlg_alice', groups: ['contractors'] }, 400, 'input_refused'],
    ['groups of nobody', { groups: ['contractors'] }, 400, 'input_refused'],
    ['a delegation that is not there', { delegation: 'dlg_none' as DelegationId }, 404, 'not_found'],
    ['a request that is none', { request: 'look' }, 400, 'input_refused'],
    ['a URL beyond all bounds', { request: `${READ}?${'a'.repeat(5000)}` }, 400, 'input_refused'],
    ['a field that is not known', { at: 'now' }, 400, 'input_refused'],
    ['a body beyond all bounds', { body: { text: 'x'.repeat(70_000) } }, 413, 'body_too_large'],
  ])('is not taken with %s', async (_what, question, status, code) => {
    expect(await explained(question)).toMatchObject({ status, json: { code } })
  })

  it('leaves nothing behind: no event, no issuance', async () => {
    const before = world.events.length
    await explained({ person: ALICE.id })
    expect(world.events.slice(before)).toEqual([])
  })
})

describe('an agent’s permissions', () => {
  const ids = ({ json }: Answered): readonly string[] => (json['rules'] as { id: string }[]).map(({ id }) => id)

  it('are its own rules, then those of the organisation that can concern it', async () => {
    const answer = await world.ask('GET', `/v1/agents/${AGENT}/permissions`, { as: AUDREY })
    expect(answer.json).toMatchObject({ agent: AGENT, default: 'deny', policy_file: 'policies/p.yaml' })
    expect(ids(answer)).toEqual(['pr-reviewer/review', 'pr-reviewer/short-messages', 'org/production-is-read-only', 'org/bobs-holiday', 'org/contractors'])
    expect((answer.json['rules'] as unknown[])[0]).toEqual({
      id: 'pr-reviewer/review', layer: 'agent', effect: 'allow', file: 'policies/p.yaml', line: 17, because: null, expires_in_s: 600, limits: [{ requests: 60, per_s: 60 }],
      match: { integration: ['github'], scopes: ['pulls:read', 'pulls:write', 'contents:read'], target: ['acme-corp/*'] },
    })
  })

  it('are told to a person for whom it acts, but for what is about others', async () => {
    const alices = await world.ask('GET', `/v1/agents/${AGENT}/permissions`, { as: ALICE })
    expect(ids(alices)).toEqual(['pr-reviewer/review', 'pr-reviewer/short-messages', 'org/production-is-read-only'])
    const bobs = await world.ask('GET', `/v1/agents/${AGENT}/permissions`, { as: BOB })
    expect((bobs.json['rules'] as { id: string; match: object }[]).find(({ id }) => id === 'org/bobs-holiday')?.match).toEqual({ integration: ['github'], target: ['acme-corp/*'] })
  })

  it('are nobody else’s to see', async () => {
    world.store.delegationsById.set('dlg_bob', delegation('dlg_bob', BOB.id, { state: 'revoked' }))
    expect(await world.ask('GET', `/v1/agents/${AGENT}/permissions`, { as: BOB })).toMatchObject({ status: 404 })
    expect(world.named('admin.denied').at(-1)).toMatchObject({ user: { id: BOB.id } })
  })
})
