import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, OauthAgent, startAuthorityWorld, type AgentRun, type AuthorityWorld, type TokenAnswer, type WorldBrowser } from '../support/authority-world.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { policiesWith } from '../support/policies.ts'
import { BrowserApi, call, delegationOf, openStream, outcome, READ_PULLS, READ_TICKETS, sessionOf, stillOpen, TICKET_RULES } from './support/calls.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const SESSION = 'urn:postern:params:oauth:token-type:session'
const RELEASE = 'policy: org\ndefault: allow\nrules:\n  - { id: release-contents, allow: { integration: github, scopes: ["contents:read"], target: acme-corp/frontend }, delivery: released, expires_in: 5m }\n'
const CONTENTS = { integration: 'github', scopes: ['contents:read'], targets: ['acme-corp/*'] } as const

let world: AuthorityWorld
let alice: WorldBrowser
let run: AgentRun
beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false, policies: policiesWith({ ...TICKET_RULES, 'release.yaml': RELEASE }) })
  alice = await world.signedIn('alice')
  run = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS, CONTENTS])
})
afterAll(() => world.close())

const tokenOf = ({ status, body }: TokenAnswer): string => {
  expect({ status, error: body['error'], why: body['error_description'] }).toEqual({ status: 200, error: undefined, why: undefined })
  return String(body['access_token'])
}
const standIn = async (of: AgentRun, more: Readonly<Record<string, string>> = {}, resource = 'github'): Promise<string> => tokenOf(await of.agent.exchange(of.access, resource, more))

describe('a stand-in token', () => {
  it('is for its integration alone, at the base URL that comes with it, and nowhere but through the proxy', async () => {
    const answer = await run.agent.exchange(run.access, 'github')
    expect(answer.body).toMatchObject({
      token_type: 'Bearer', issued_token_type: ACCESS_TOKEN, delivery: 'proxied', base_url: world.baseUrl('github'), expires_in: 300,
      authorization_details: [{ type: 'postern', integration: 'github', scopes: expect.arrayContaining(['pull_requests:read', 'contents:read']), targets: ['acme-corp/*'] }],
    })
    const token = tokenOf(answer)
    const at = await fetch(`${String(answer.body['base_url'])}/repos/acme-corp/backend/pulls/42`, { headers: { authorization: `Bearer ${token}` } })
    expect([at.status, await at.json()]).toEqual([200, expect.objectContaining({ number: 42 })])
    expect(await outcome(world, token, '/tickets/v1/tickets/T-1')).toMatch(/^40[13] /)
    expect(await outcome(world, run.access, '/tickets/v1/tickets/T-1')).toBe('200')
    const direct = await new TestAgent(world, undefined).reverse('GET', '/github/repos/acme-corp/backend/pulls/42')
    expect(direct.code).toBe('identity_required')
    // to the upstream itself it is nothing
    expect(world.upstreams.github.canaries()).not.toContain(token)
    // and not to our own API
    expect((await fetch(`${world.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
  })

  it('is exchanged for nothing: no other stand-in, and no session secret', async () => {
    const token = await standIn(run)
    for (const more of [{}, { requested_token_type: SESSION }]) {
      const { status, body } = await run.agent.exchange(token, 'github', more)
      expect({ status, error: body['error'], code: body['code'] }).toEqual({ status: 400, error: 'invalid_request', code: 'token_invalid' })
    }
  })

  it('is not another agent’s: neither to ask for with its token, nor beside another agent’s own', async () => {
    const triage = new OauthAgent(world.url, 'issue-triage')
    const foreign = await triage.exchange(run.access, 'github')
    expect({ status: foreign.status, code: foreign.body['code'] }).toEqual({ status: 400, code: 'proof_mismatch' })
    const other = await approvedRun(world, alice, 'issue-triage', [{ integration: 'github', scopes: ['issues:read'], targets: ['acme-corp/*'] }])
    const mixed = await call(world, other.access, undefined, 'GET', { fields: [`Postern-Delegation: ${await standIn(run)}`] })
    expect([mixed.status, mixed.code]).toEqual([403, 'proof_mismatch'])
  })

  it('is narrower where that was asked for: in scope, and in target', async () => {
    const narrow = await standIn(run, { scope: 'pulls:read', target: 'acme-corp/backend' })
    expect([await outcome(world, narrow), await outcome(world, narrow, '/github/repos/acme-corp/frontend/pulls/7'), await outcome(world, narrow, '/github/repos/acme-corp/backend/contents/README.md')])
      .toEqual(['200', '403 consent_required', '403 consent_required'])
  })

  it.each([
    ['its session', async (made: AgentRun) => (await BrowserApi.of(alice)).post(`/v1/sessions/${sessionOf(made.access)}/revoke`), /session_ended|delegation_revoked/],
    ['its delegation', async (made: AgentRun) => (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(made.access)}/revoke`), /delegation_revoked/],
  ] as const)('dies with %s, and cannot be had again', async (_what, end, code) => {
    const made = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS])
    const token = await standIn(made)
    expect(await outcome(world, token)).toBe('200')
    expect((await end(made)).status).toBe(200)
    expect(await outcome(world, token)).toMatch(code)
    expect((await made.agent.exchange(made.access, 'github')).body['error']).toBe('invalid_grant')
    expect(await outcome(world, run.access)).toBe('200')
  })

  it('dies with its agent', async () => {
    const made = await approvedRun(world, alice, 'release-notes', [READ_TICKETS])
    const token = await standIn(made, {}, 'tickets')
    expect(await outcome(world, token, '/tickets/v1/tickets/T-1')).toBe('200')
    const operator = await BrowserApi.of(await world.signedIn('olga'))
    expect((await operator.post('/v1/agents/agent:release-notes/revoke')).status).toBe(200)
    expect(await outcome(world, token, '/tickets/v1/tickets/T-1')).toBe('403 agent_revoked')
    const again = await made.agent.exchange(made.access, 'tickets')
    expect([again.status, again.body]).toEqual([403, { error: 'agent_revoked', error_description: 'The agent has been revoked.', code: 'agent_revoked' }])
    expect((await made.agent.refresh(made.refresh)).body['error']).toBe('invalid_client')
    expect((await operator.post('/v1/agents/agent:release-notes/restore')).status).toBe(200)
    expect(await outcome(world, token, '/tickets/v1/tickets/T-1')).toMatch(/^403 (delegation_revoked|session_ended)$/)
  })
})

describe('a credential that is released', () => {
  it('leaves where a rule of the organisation says so, for named targets, on record before it does', async () => {
    const { status, body } = await run.agent.exchange(run.access, 'github', { delivery: 'released', scope: 'contents:read', target: 'acme-corp/frontend' })
    expect({ status, delivery: body['delivery'], base: body['base_url'] }).toEqual({ status: 200, delivery: 'released', base: 'https://api.github.com' })
    expect(world.upstreams.canaries()).toContain(body['access_token'])
    expect(Number(body['expires_in'])).toBeLessThanOrEqual(300)
    const released = (await world.records()).filter(({ event }) => event === 'credential.released')
    expect(released).toMatchObject([{
      agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, delegation: delegationOf(run.access), session: sessionOf(run.access),
      integration: 'github', scopes: ['contents:read'], target: 'acme-corp/frontend', narrowed_by: 'upstream', expires_in: '300s',
      policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'allow' }, outcome: 'ok',
    }])
    expect(JSON.stringify(released)).not.toContain(String(body['access_token']))
  })

  it.each([
    ['without such a rule for this target', { scope: 'contents:read', target: 'acme-corp/backend' }],
    ['without such a rule for this scope', { scope: 'pulls:read', target: 'acme-corp/frontend' }],
    ['for a pattern instead of a target', { scope: 'contents:read', target: 'acme-corp/front*' }],
    ['for no target in particular', { scope: 'contents:read' }],
  ])('does not leave %s', async (_what, wish) => {
    const { status, body } = await run.agent.exchange(run.access, 'github', { delivery: 'released', ...wish } as Record<string, string>)
    expect({ status, error: body['error'] }).toEqual({ status: 403, error: 'release_refused' })
    expect(body['access_token']).toBeUndefined()
  })

  it('is ended upstream with its session', async () => {
    const made = await approvedRun(world, alice, 'pr-reviewer', [CONTENTS])
    const { body } = await made.agent.exchange(made.access, 'github', { delivery: 'released', scope: 'contents:read', target: 'acme-corp/frontend' })
    expect(body['error']).toBeUndefined()
    const before = world.upstreams.github.liveTokens().length
    await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(made.access)}/revoke`)
    await expect.poll(() => world.upstreams.github.liveTokens().length, { timeout: 5_000 }).toBe(before - 1)
  })
})

describe('a session’s secret', () => {
  it('stands in HTTPS_PROXY, outlives the token, and is gone with its session, its open stream too', async () => {
    const made = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS])
    const answer = await made.agent.exchange(made.access, 'github', { requested_token_type: SESSION })
    expect(answer.body).toMatchObject({ issued_token_type: SESSION, token_type: 'N_A' })
    const secret = tokenOf(answer)
    expect(secret.startsWith(`${sessionOf(made.access)}.`)).toBe(true)
    const agent = new TestAgent(world, undefined)
    const basic = `Proxy-Authorization: Basic ${Buffer.from(`agent:${secret}`).toString('base64')}`
    const tunnel = await agent.tunnel('api.github.com', { fields: [basic] })
    expect((await tunnel.ask(requestBytes('GET', '/repos/acme-corp/backend/pulls/42', 'api.github.com'))).status).toBe(200)
    const stream = await openStream(world, secret)
    const kept = await openStream(world, run.access, 'T-2')
    expect((await (await BrowserApi.of(alice)).post(`/v1/sessions/${sessionOf(made.access)}/revoke`)).body).toMatchObject({ changed: true, streams_cut: 1 })
    await stream.closed
    expect(await tunnel.ask(requestBytes('GET', '/repos/acme-corp/backend/pulls/42', 'api.github.com'))).toMatchObject({ status: 403, code: expect.stringMatching(/session_ended|delegation_revoked/) })
    expect((await agent.connectTo('api.github.com:443', [basic])).head.status).toBe(403)
    await stillOpen(kept)
    kept.close()
  })

  it('is exchanged for stand-ins like the token, by its own agent alone', async () => {
    const secret = tokenOf(await run.agent.exchange(run.access, 'github', { requested_token_type: SESSION }))
    const ask = (agent: OauthAgent, subject: string): Promise<TokenAnswer> =>
      agent.token({ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: subject, subject_token_type: SESSION, resource: 'github', scope: 'pulls:read' })
    expect(await outcome(world, tokenOf(await ask(run.agent, secret)))).toBe('200')
    expect((await ask(new OauthAgent(world.url, 'issue-triage'), secret)).body['code']).toBe('proof_mismatch')
    const [id = ''] = secret.split('.')
    expect((await ask(run.agent, `${id}.${'A'.repeat(43)}`)).body['code']).toBe('token_invalid')
  })

  it('is not had for a token that says less than what stands, nor for a bound one', async () => {
    const narrowed = await run.agent.refresh(run.refresh, { scope: 'github:pulls:read' })
    const answer = await run.agent.exchange(String(narrowed.body['access_token']), 'github', { requested_token_type: SESSION })
    expect([answer.status, answer.body['code']]).toEqual([400, 'token_invalid'])
  })
})
