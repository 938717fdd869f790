import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'
import { root } from '../house/source-tree.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import type { Wire } from '../support/wire.ts'
import { BrowserApi, delegationOf, openStream, outcome, PULL, READ_PULLS, READ_TICKETS, sessionOf, stillOpen, TICKET_RULES } from './support/calls.ts'

const ALL = { integration: 'github', scopes: ['contents:read', 'pulls:read'], targets: ['acme-corp/*'] } as const
const BOTH = agentRules('agent:issue-triage', '{ id: read-pulls, allow: { integration: github, scopes: ["pulls:read"], target: acme-corp/* }, expires_in: 10m }')
const CI = agentRules('agent:ci', '{ id: all, allow: { integration: [github, tickets], access: read }, expires_in: 10m }')

let world: AuthorityWorld
const people = new Map<PersonName, WorldBrowser>()
let operator: WorldBrowser
beforeAll(async () => {
  world = await startAuthorityWorld({ policies: withoutLent })
  for (const name of ['alice', 'bob'] as const) people.set(name, await (await world.signedIn(name)).connectGithub(name === 'alice' ? 'alice-chen' : 'bob-diaz'))
  operator = await world.signedIn('olga')
  const made = await (await BrowserApi.of(operator)).post('/v1/agents', { id: 'agent:ci', name: 'CI', owner: 'team-platform', redirect_uris: [REDIRECT] })
  if (made.status !== 201) throw new Error(`not registered: ${made.status}`)
})
afterAll(() => world.close())

/** The product's policies without GitHub's App lent, and with an agent that is registered by the API. */
async function withoutLent(directory: string): Promise<string> {
  const org = await readFile(join(root, 'policies', 'org.yaml'), 'utf8')
  const files = { ...TICKET_RULES, 'both.yaml': BOTH, 'ci.yaml': CI, 'org.yaml': org.replace(/ {2}- id: lend-github-app\n(?: {4}.*\n)+/, '') }
  return policiesWith(files)(directory)
}

const person = (name: PersonName): WorldBrowser => {
  const browser = people.get(name)
  if (browser === undefined) throw new TypeError(`nobody signed in as ${name}`)
  return browser
}

/** A run with a stream open and a credential of the person's in use. */
interface Busy extends AgentRun {
  readonly name: PersonName
  readonly clientId: string
  readonly stream: Wire
}

async function busy(name: PersonName, clientId: string): Promise<Busy> {
  const run = await approvedRun(world, person(name), clientId, [clientId === 'release-notes' ? ALL : READ_PULLS, READ_TICKETS])
  const stream = await openStream(world, run.access)
  expect(await outcome(world, run.access)).toBe('200')
  return { ...run, name, clientId, stream }
}

/** The narrowed tokens that GitHub would take at this moment, of one person's account. */
const alive = (name: PersonName): number =>
  world.upstreams.github.oauth.liveTokens().filter(({ login, narrowed }) => narrowed && login === (name === 'alice' ? 'alice-chen' : 'bob-diaz')).length

/** Of these runs exactly those were cut and are refused; their upstream tokens are gone, the others' are not. */
async function cutExactly(cut: readonly Busy[], kept: readonly Busy[], code: RegExp): Promise<void> {
  await Promise.all(cut.map(({ stream }) => stream.closed))
  for (const run of cut) {
    expect(await outcome(world, run.access)).toMatch(code)
    expect((await run.agent.refresh(run.refresh)).body['error']).toMatch(/^invalid_(grant|client)$/)
    expect((await run.agent.exchange(run.access, 'tickets')).body['access_token']).toBeUndefined()
  }
  for (const { stream, access } of kept) {
    await stillOpen(stream)
    expect(await outcome(world, access)).toBe('200')
  }
  for (const name of ['alice', 'bob'] as const) await expect.poll(() => alive(name), { timeout: 5_000 }).toBe(kept.filter((run) => run.name === name).length)
  for (const { stream, access, agent } of kept) {
    stream.close()
    await agent.post('/oauth2/revoke', { token: access })
  }
  await expect.poll(() => alive('alice') + alive('bob'), { timeout: 5_000 }).toBe(0)
}

/** The tickets' key is the organisation's own: it is no single run's to end. */
const LEFT = (of: number): string => `tickets: ${of} of ${of} credentials could not be revoked there; they are dropped here, and good there until they run out or are replaced.`
const CREDENTIALS = (of: number): unknown => expect.arrayContaining([{ integration: 'github', dropped: of, revoked_upstream: of }, { integration: 'tickets', dropped: of, revoked_upstream: 0 }])

const report = (of: readonly Busy[]): Record<string, unknown> => ({
  changed: true, delegations: expect.arrayContaining(of.map(({ access }) => delegationOf(access))), sessions: expect.arrayContaining(of.map(({ access }) => sessionOf(access))),
  credentials: CREDENTIALS(of.length), streams_cut: of.length, left: [LEFT(of.length)],
})

describe('by the API', () => {
  it('an agent of the configuration: for everybody, and when it is restored everybody is asked anew', async () => {
    const [a, b, other, others] = [await busy('alice', 'issue-triage'), await busy('bob', 'issue-triage'), await busy('alice', 'pr-reviewer'), await busy('bob', 'release-notes')]
    const api = await BrowserApi.of(operator)
    const { status, body } = await api.post('/v1/agents/agent:issue-triage/revoke', { reason: 'it answers strangely' })
    expect([status, body]).toEqual([200, { revoked: 'agent:issue-triage', ...report([a, b]), connections: [] }])
    expect(await world.recorded(({ event }) => event === 'agent.revoked')).toMatchObject({ agent: { id: 'agent:issue-triage' }, by: 'user:olga@acme.com', reason: 'it answers strangely', outcome: 'ok' })
    expect((await api.post('/v1/agents/agent:issue-triage/revoke')).body).toMatchObject({ changed: false, streams_cut: 0 })
    await cutExactly([a, b], [other, others], /agent_revoked/)
    expect(await (await person('alice').ask(a.agent.authorizationUrl({ scope: 'github:pulls:read' }))).status).toBeGreaterThanOrEqual(400)
    expect((await api.post('/v1/agents/agent:issue-triage/restore')).status).toBe(200)
    expect(await outcome(world, a.access)).toMatch(/delegation_revoked|session_ended/)
    const again = await busy('alice', 'issue-triage')
    await cutExactly([], [again], /never/)
  })

  it('an agent that the API registered', async () => {
    const [ci, other] = [await busy('bob', 'ci'), await busy('bob', 'pr-reviewer')]
    const { body } = await (await BrowserApi.of(operator)).post('/v1/agents/agent:ci/revoke')
    expect(body).toMatchObject({ revoked: 'agent:ci', ...report([ci]) })
    await cutExactly([ci], [other], /agent_revoked/)
  })

  it('a delegation, by its person: no other of the same agent, and not the same person’s other agents', async () => {
    const [one, same, other, bobs] = [await busy('alice', 'pr-reviewer'), await busy('alice', 'pr-reviewer'), await busy('alice', 'release-notes'), await busy('bob', 'pr-reviewer')]
    const { body } = await (await BrowserApi.of(person('alice'))).post(`/v1/delegations/${delegationOf(one.access)}/revoke`, { reason: 'not needed any more' })
    expect(body).toEqual({ revoked: delegationOf(one.access), ...report([one]), connections: [] })
    expect(await world.recorded(({ event, delegation }) => event === 'delegation.revoked' && delegation === delegationOf(one.access)))
      .toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, reason: 'not needed any more' })
    await cutExactly([one], [same, other, bobs], /delegation_revoked/)
  })

  it('a session', async () => {
    const [one, same] = [await busy('alice', 'pr-reviewer'), await busy('alice', 'pr-reviewer')]
    const { body } = await (await BrowserApi.of(person('alice'))).post(`/v1/sessions/${sessionOf(one.access)}/revoke`)
    expect(body).toMatchObject({ changed: true, sessions: [sessionOf(one.access)], streams_cut: 1, credentials: CREDENTIALS(1), left: [LEFT(1)] })
    await cutExactly([one], [same], /session_ended|delegation_revoked/)
  })

  it('a connection: what agents do by that account, here and at the upstream; not what they do without it', async () => {
    const bob = await busy('bob', 'pr-reviewer')
    const alice = await busy('alice', 'pr-reviewer')
    const api = await BrowserApi.of(person('alice'))
    const [connection] = (await api.get('/v1/connections')).body['items'] as readonly { id: string }[]
    const { status, body } = await api.post(`/v1/connections/${connection?.id ?? ''}/revoke`)
    expect([status, body]).toMatchObject([200, { revoked: connection?.id, changed: true, connections: [connection?.id], left: [] }])
    expect(await outcome(world, alice.access)).toMatch(/^403 connection_required/)
    expect(await outcome(world, alice.access, '/tickets/v1/tickets/T-1')).toBe('200')
    await expect.poll(() => world.upstreams.github.oauth.liveTokens().filter(({ login }) => login === 'alice-chen'), { timeout: 5_000 }).toEqual([])
    expect(await world.recorded(({ event }) => event === 'connection.revoked')).toMatchObject({ user: { id: 'user:alice@acme.com' }, integration: 'github', outcome: 'ok' })
    await stillOpen(alice.stream)
    expect(await outcome(world, bob.access)).toBe('200')
    await alice.agent.post('/oauth2/revoke', { token: alice.access })
    await person('alice').connectGithub('alice-chen')
    await cutExactly([], [bob], /never/)
  })

  it('all that one person gave, by an operator: delegations, sessions and connections of that person alone', async () => {
    const [one, two, alice] = [await busy('bob', 'pr-reviewer'), await busy('bob', 'release-notes'), await busy('alice', 'pr-reviewer')]
    const api = await BrowserApi.of(operator)
    const { status, body } = await api.post('/v1/people/user:bob@acme.com/revoke', { reason: 'Bob has left' })
    expect([status, body]).toEqual([200, { revoked: 'user:bob@acme.com', ...report([one, two]), connections: [expect.stringMatching(/^con_/)] }])
    expect(world.upstreams.github.oauth.liveTokens().filter(({ login }) => login === 'bob-diaz')).toEqual([])
    await cutExactly([one, two], [alice], /delegation_revoked/)
    expect((await (await BrowserApi.of(person('bob'))).get('/v1/me')).status).toBe(401)
    people.set('bob', await (await world.signedIn('bob')).connectGithub('bob-diaz'))
  })
})

describe('by whom', () => {
  it('an agent, and its restoration, by an operator and nobody else', async () => {
    const [one, other] = [await busy('bob', 'release-notes'), await busy('bob', 'pr-reviewer')]
    const [bobs, operators] = [await BrowserApi.of(person('bob')), await BrowserApi.of(operator)]
    const path = '/v1/agents/agent:release-notes'
    for (const verb of ['revoke', 'restore']) expect([verb, (await bobs.post(`${path}/${verb}`)).status]).toEqual([verb, 403])
    await stillOpen(one.stream)
    expect((await operators.post(`${path}/revoke`)).status).toBe(200)
    await cutExactly([one], [other], /agent_revoked/)
    expect((await operators.post(`${path}/restore`)).status).toBe(200)
    const again = await busy('bob', 'release-notes')
    expect(await outcome(world, again.access, PULL)).toBe('200')
    await cutExactly([], [again], /never/)
  })
})
