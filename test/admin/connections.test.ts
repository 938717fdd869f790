import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectionId, PersonId } from '../../src/model/ids.ts'
import { scopeStanding } from '../../src/authority/admin/connections/scope-standing.ts'
import type { Connection } from '../../src/store/ports/connections.ts'
import { AdminWorld, ALICE, AUDREY, BOB, OLIVIA } from './support/admin-world.ts'
import { integrations } from './support/policies.ts'
import { connection, delegation, HOUR_MS, NOW_MS, record, REVIEWER } from './support/things.ts'

const SLACK = integrations.get('slack')
const GITHUB = integrations.get('github')

describe('what a connection was granted', () => {
  const slack = (scopes: readonly string[], more: Partial<Connection> = {}) => connection('con_s', ALICE.id, { integration: 'slack', scopes, ...more })

  it.each([
    ['is compared word by word with what is needed and what everybody is asked for', slack(['chat:write', 'search:read']), SLACK, ['chat:write', 'channels:history'],
      { granted: ['chat:write', 'search:read'], needed: ['chat:write', 'channels:history'], missing: ['channels:history', 'users:read'], excess: ['search:read'], note: undefined }],
    ['is named as the upstream names it for people', slack(['channels:write', 'chat:write', 'users:read']), SLACK, ['channels:manage'],
      { granted: ['channels:write', 'chat:write', 'users:read'], needed: ['channels:manage'], missing: [], excess: ['chat:write', 'users:read'], note: undefined }],
    ['has no excess in what only signs in', slack(['openid', 'offline_access', 'chat:write', 'users:read']), SLACK, ['chat:write'],
      { granted: ['openid', 'offline_access', 'chat:write', 'users:read'], needed: ['chat:write'], missing: [], excess: ['users:read'], note: undefined }],
    ['is not known where the upstream never said', slack([]), SLACK, ['chat:write'],
      { granted: undefined, needed: ['chat:write'], missing: undefined, excess: undefined, note: 'The upstream did not say what it granted.' }],
    ['has no meaning where the upstream’s tokens have no scopes', connection('con_g', ALICE.id), GITHUB, ['pulls:read'],
      { granted: undefined, needed: ['pull_requests:read'], missing: undefined, excess: undefined, note: 'GitHub’s user tokens have no scopes of their own.' }],
    ['is nothing once it was revoked', slack(['chat:write'], { state: 'revoked' }), SLACK, ['chat:write'],
      { granted: [], needed: ['chat:write'], missing: ['chat:write', 'users:read'], excess: [], note: undefined }],
    ['is the organisation’s to lend', slack(['chat:write'], { owner: 'organisation' }), SLACK, [],
      { granted: ['chat:write'], needed: [], missing: undefined, excess: undefined, note: 'It is the organisation’s: rules lend it, and no delegation is bound to it.' }],
    ['cannot be told of an integration that is configured no more', slack(['chat:write']), undefined, ['chat:write'],
      { granted: undefined, needed: ['chat:write'], missing: undefined, excess: undefined, note: 'The configuration has no such integration any more.' }],
  ] as const)('%s', (_what, stored, integration, approved, expected) => {
    expect(scopeStanding(stored, integration, approved, true)).toEqual(expected)
  })

  it('is never called excess where not all that could use it was looked at', () => {
    expect(scopeStanding(slack(['chat:write', 'search:read']), SLACK, [], false)).toMatchObject({ excess: undefined, note: expect.stringContaining('Too many delegations') })
  })
})

describe('connections and delegations, as they are answered', () => {
  let world: AdminWorld
  const bound = (id: string, owner: PersonId, scopes: readonly string[], more: object = {}) => delegation(id, owner, {
    access: [{ integration: 'slack', scopes, targets: ['**'], connection: 'con_slack' as ConnectionId }], ...more,
  })
  beforeAll(async () => { world = await AdminWorld.start() })
  afterAll(() => world.close())
  beforeEach(() => {
    world.store.connectionsById.set('con_slack', connection('con_slack', ALICE.id, {
      integration: 'slack', label: 'work & play', scopes: ['chat:write', 'search:read'], account: { id: 'T1/U1', name: 'alice (Acme)' },
    }))
    for (const each of [
      bound('dlg_s1', ALICE.id, ['chat:write']), bound('dlg_s2', ALICE.id, ['channels:history']),
      bound('dlg_over', ALICE.id, ['search:read'], { expiresAtMs: NOW_MS }), bound('dlg_gone', ALICE.id, ['search:read'], { state: 'revoked' }),
    ]) world.store.delegationsById.set(each.id, each)
  })

  it('tell what is granted, missing, in excess and by whom it is used, and where to consent anew', async () => {
    const { json } = await world.ask('GET', '/v1/connections/con_slack', { as: ALICE })
    expect(json).toMatchObject({
      title: 'Slack', needed: ['chat:write', 'channels:history'], scopes_note: null,
      granted: [{ scope: 'chat:write', text: expect.stringMatching(/^Post, edit/) }, { scope: 'search:read', text: expect.stringMatching(/^Search everything/) }],
      missing: [{ scope: 'channels:history', text: 'Read messages in public channels' }, { scope: 'users:read', text: 'See the people of the workspace' }],
      excess: [{ scope: 'search:read' }],
      used_by: [{ delegation: 'dlg_s1', agent: { id: REVIEWER, name: 'PR Reviewer' } }, { delegation: 'dlg_s2' }],
      connect_url: 'https://postern.acme.com/connect/slack?return=%2Fconnections&label=work+%26+play',
    })
  })

  it('say nowhere to consent anew to whoever is not the owner, nor for what was revoked', async () => {
    expect((await world.ask('GET', '/v1/connections/con_slack', { as: OLIVIA })).json['connect_url']).toBeNull()
    world.store.connectionsById.set('con_slack', connection('con_slack', ALICE.id, { integration: 'slack', state: 'revoked' }))
    expect((await world.ask('GET', '/v1/connections/con_slack', { as: ALICE })).json['connect_url']).toBeNull()
  })

  it('are listed with the same, and one’s own alone', async () => {
    const { json } = await world.ask('GET', '/v1/connections', { as: ALICE })
    expect((json['items'] as { id: string; title: string; granted: unknown }[]).map(({ id, title, granted }) => [id, title, granted === null])).toEqual([
      ['con_alice', 'GitHub', true], ['con_slack', 'Slack', false],
    ])
  })

  it('look through no more of one owner’s delegations than they have to', async () => {
    for (let count = 0; count < 2_300; count += 1) world.store.delegationsById.set(`dlg_many${count}`, bound(`dlg_many${count}`, BOB.id, ['chat:write']))
    world.store.connectionsById.set('con_bobs', connection('con_bobs', BOB.id, { integration: 'slack', scopes: ['chat:write', 'search:read'] }))
    const { json } = await world.ask('GET', '/v1/connections/con_bobs', { as: BOB })
    expect(json).toMatchObject({ excess: null, scopes_note: expect.stringContaining('Too many delegations') })
    for (let count = 0; count < 2_300; count += 1) world.store.delegationsById.delete(`dlg_many${count}`)
  })

  it('tell of a delegation its last call, the account that serves, and its scopes in plain words', async () => {
    world.store.records.push(
      record(10, { delegation: 'dlg_s1', user: { id: ALICE.id } }), record(11, { delegation: 'dlg_s1', user: { id: ALICE.id } }),
      record(12, { delegation: 'dlg_s1', event: 'api.denied', outcome: 'denied' }), record(13, { delegation: 'dlg_s2', event: 'credential.issued' }),
    )
    const { json } = await world.ask('GET', '/v1/delegations/dlg_s1', { as: AUDREY })
    expect(json).toMatchObject({
      last_used_at: new Date(NOW_MS + 11_000).toISOString(),
      access: [{ integration: 'slack', title: 'Slack', words: [{ scope: 'chat:write', text: expect.stringMatching(/^Post, edit/) }], account: { id: 'T1/U1', name: 'alice (Acme)' } }],
    })
    const listed = await world.ask('GET', '/v1/delegations?state=active', { as: ALICE })
    const uses = Object.fromEntries((listed.json['items'] as { id: string; last_used_at: string | null }[]).map((each) => [each.id, each.last_used_at]))
    expect(uses).toMatchObject({ dlg_s1: new Date(NOW_MS + 11_000).toISOString(), dlg_s2: null, dlg_alice: null })
  })

  it('are narrowed and told at once with the same', async () => {
    const body = { version: 3, expires_at: new Date(NOW_MS + HOUR_MS / 2).toISOString() }
    const { status, json } = await world.ask('PATCH', '/v1/delegations/dlg_s2', { as: ALICE, body })
    expect(status).toBe(200)
    expect(json).toMatchObject({ last_used_at: null, access: [{ title: 'Slack', words: [{ scope: 'channels:history' }] }] })
  })
})

describe('the integrations', () => {
  it('are told to everybody who is signed in, with where to connect an account', async () => {
    const world = await AdminWorld.start()
    const { json } = await world.ask('GET', '/v1/integrations', { as: BOB })
    await world.close()
    expect(json).toEqual({
      items: [
        { name: 'github', title: 'GitHub', type: 'github', connectable: true, connect_url: 'https://postern.acme.com/connect/github', authority: 'both' },
        { name: 'slack', title: 'Slack', type: 'slack', connectable: true, connect_url: 'https://postern.acme.com/connect/slack', authority: 'both' },
      ],
    })
  })
})
