import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DelegationId, SessionId } from '../../src/model/ids.ts'
import { approvedRun, OauthAgent, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { TestAgent, type RequestParts } from '../support/agent-client.ts'
import { BrowserApi, claimsOf, delegationOf, outcome, READ_PULLS, sessionOf } from './support/calls.ts'

/** Only Alice's account at GitHub reaches it. */
const ONLY_ALICES = '/github/repos/acme-corp/prod-payments/pulls/3'
const WIDE = [{ integration: 'github', scopes: ['pulls:write', 'contents:read'], targets: ['**'] }]

let world: AuthorityWorld
let alice: WorldBrowser
let bob: WorldBrowser
let forAlice: AgentRun
let forBob: AgentRun
beforeAll(async () => {
  world = await startAuthorityWorld()
  alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  bob = await (await world.signedIn('bob')).connectGithub('bob-diaz')
  forAlice = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS])
  forBob = await approvedRun(world, bob, 'pr-reviewer', [READ_PULLS])
})
afterAll(() => world.close())

/** How it went, and how often the repository itself was asked for. */
async function tried(token: string | undefined, parts: RequestParts = {}, path = ONLY_ALICES): Promise<readonly [string, number]> {
  const reached = (): number => world.upstreams.github.log.entries.filter((entry) => entry.path === ONLY_ALICES.slice('/github'.length)).length
  const before = reached()
  const { status, code } = await new TestAgent(world, token).reverse('GET', path, parts)
  return [code ?? String(status), reached() - before]
}

describe('a run for Bob, of the same agent', () => {
  it('does not reach what only Alice has, while hers does', async () => {
    expect(await tried(forAlice.access)).toEqual(['200', 1])
    const [answered, reached] = await tried(forBob.access)
    expect(answered).not.toBe('200')
    expect(reached).toBe(0)
    expect((await tried(forBob.access, {}, '/github/repos/acme-corp/backend/pulls/42'))[0]).toBe('200')
  })

  it.each([
    ['the id of her delegation in Postern-Delegation', () => [`Postern-Delegation: ${delegationOf(forAlice.access)}`], 'token_invalid'],
    ['the id of her session in Postern-Delegation', () => [`Postern-Delegation: ${sessionOf(forAlice.access)}`], 'token_invalid'],
    ['a made-up secret of her session', () => [`Postern-Delegation: ${sessionOf(forAlice.access)}.${'A'.repeat(43)}`], 'token_invalid'],
    ['her token in Postern-Delegation', () => [`Postern-Delegation: ${forAlice.access}`], 'proof_mismatch'],
  ])('is refused with %s', async (_what, fields, code) => {
    expect(await tried(forBob.access, { fields: fields() })).toEqual([code, 0])
  })

  it('is Bob’s still whatever other headers, query or path name her', async () => {
    const [dlg, ses] = [delegationOf(forAlice.access), sessionOf(forAlice.access)]
    for (const fields of [['Postern-Person: user:alice@acme.com', `Postern-Session: ${ses}`], [`X-Postern-Delegation: ${dlg}`, 'X-Forwarded-User: user:alice@acme.com'], [`Cookie: postern=${ses}; dlg=${dlg}`]]) {
      const [answered, reached] = await tried(forBob.access, { fields })
      expect([answered === '200', reached]).toEqual([false, 0])
    }
    for (const query of [`?delegation=${dlg}`, `?dlg=${dlg}&sid=${ses}`, `?act=user:alice@acme.com`]) {
      const [answered, reached] = await tried(forBob.access, {}, `${ONLY_ALICES}${query}`)
      expect([answered === '200', reached]).toEqual([false, 0])
    }
    const denied = await world.recorded(({ event, user, target }) => event === 'api.denied' && target === 'acme-corp/prod-payments' && (user as { id: string } | undefined)?.id === 'user:bob@acme.com')
    expect(denied).toMatchObject({ delegation: delegationOf(forBob.access) })
  })

  it('cannot be shown by an id alone, nor by a delegation’s token without an agent’s', async () => {
    expect(await tried(delegationOf(forAlice.access))).toEqual(['token_invalid', 0])
    expect(await tried(sessionOf(forAlice.access))).toEqual(['token_invalid', 0])
    expect(await tried(undefined, { fields: [`Postern-Delegation: ${forAlice.access}`] })).toEqual(['identity_required', 0])
  })
})

describe('a token of another issuer that is taken here, too', () => {
  const outside = (person: string, of: AgentRun): Promise<string> =>
    world.token({ person, delegation: delegationOf(of.access) as DelegationId, session: sessionOf(of.access) as SessionId, consent: WIDE })

  it('does not become Alice’s delegation by naming it: neither for Bob nor for her is her account used', async () => {
    for (const person of ['user:bob@acme.com', 'user:alice@acme.com']) {
      const [answered, reached] = await tried(await outside(person, forAlice))
      expect([person, answered === '200', reached]).toEqual([person, false, 0])
    }
  })

  it('is not taken beside a token of ours, not even where both name the same', async () => {
    for (const [bearer, header] of [[forBob.access, await outside('user:bob@acme.com', forBob)], [await outside('user:bob@acme.com', forBob), forBob.access], [forBob.access, await outside('user:alice@acme.com', forAlice)]] as const) {
      expect(await tried(bearer, { fields: [`Postern-Delegation: ${header}`] })).toEqual(['proof_mismatch', 0])
    }
  })

  it('is exchanged for nothing, and cannot say what our own say', async () => {
    const { status, body } = await forBob.agent.exchange(await outside('user:alice@acme.com', forAlice), 'github')
    expect([status, body['code']]).toEqual([400, 'token_invalid'])
    const [header = '', , signature = ''] = forBob.access.split('.')
    const forged = [header, Buffer.from(JSON.stringify(claimsOf(forAlice.access))).toString('base64url'), signature].join('.')
    expect(await tried(forged)).toEqual(['token_invalid', 0])
  })
})

describe('what is Alice’s, in other hands', () => {
  it('is no other agent’s: not as a header beside its own token, nor to refresh, exchange or look at', async () => {
    const triage = await approvedRun(world, alice, 'issue-triage', [{ integration: 'github', scopes: ['issues:read'], targets: ['acme-corp/*'] }])
    expect(await tried(triage.access, { fields: [`Postern-Delegation: ${forAlice.access}`] })).toEqual(['proof_mismatch', 0])
    const [refreshed, exchanged] = [await triage.agent.refresh(forAlice.refresh), await triage.agent.exchange(forAlice.access, 'github')]
    expect([refreshed.body['error'], exchanged.body['code']]).toEqual(['invalid_grant', 'proof_mismatch'])
    expect((await triage.agent.post('/oauth2/introspect', { token: forAlice.access })).body).toEqual({ active: false })
    await triage.agent.post('/oauth2/revoke', { token: forAlice.access })
    expect(await tried(forAlice.access)).toEqual(['200', 1])
  })

  it('is not Bob’s to see, widen or end', async () => {
    const api = await BrowserApi.of(bob)
    const [dlg, ses] = [delegationOf(forAlice.access), sessionOf(forAlice.access)]
    const connection = (await (await BrowserApi.of(alice)).get('/v1/connections')).body['items'] as readonly { id: string }[]
    for (const path of [`/v1/delegations/${dlg}`, `/v1/sessions/${ses}`, `/v1/connections/${connection[0]?.id ?? ''}`]) {
      expect([path, (await api.get(path)).status, (await api.post(`${path}/revoke`)).status]).toEqual([path, 404, 404])
    }
    expect((await api.post('/v1/people/user:alice@acme.com/revoke')).status).toBe(403)
    expect((await api.patch(`/v1/delegations/${dlg}`, { version: 0, expires_at: '2099-01-01T00:00:00Z' })).status).toBe(404)
    expect((await api.get('/v1/delegations?person=user:alice@acme.com')).status).toBe(403)
    expect(JSON.stringify(await Promise.all(['/v1/delegations', '/v1/sessions', '/v1/connections'].map((path) => api.items(path))))).not.toContain('alice')
    expect(await tried(forAlice.access)).toEqual(['200', 1])
  })
})

describe('a run that is asked to be widened', () => {
  const more = (clientId: string, session: string): { readonly agent: OauthAgent, readonly url: string } => {
    const agent = new OauthAgent(world.url, clientId)
    return { agent, url: agent.authorizationUrl({ scope: 'github:contents:read', postern_session: session }) }
  }

  it('is not widened by Bob where it is Alice’s', async () => {
    await bob.ask(more('pr-reviewer', sessionOf(forAlice.access)).url)
    expect([bob.status, bob.forms().some(({ fields }) => fields.some(([name]) => name.startsWith('scope.')))]).toEqual([403, false])
    const csrf = String((await (await BrowserApi.of(bob)).get('/v1/me')).body['csrf'])
    const cookie = [...bob.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const forced = await fetch(bob.url, {
      method: 'POST', redirect: 'manual', headers: { cookie, origin: world.url, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ csrf, answer: 'approve', 'scope.0.0.0': 'on', 'scope.0': 'on', duration: '3600000' }),
    })
    expect([forced.status, (await forced.text()).includes('code=')]).toEqual([403, false])
    const stands = (await (await BrowserApi.of(alice)).get(`/v1/delegations/${delegationOf(forAlice.access)}`)).body
    expect(JSON.stringify(stands)).not.toContain('contents')
  })

  it('is not widened for another agent, nor once it has ended', async () => {
    const ended = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS])
    await ended.agent.post('/oauth2/revoke', { token: ended.refresh })
    expect((await tried(ended.access))[0]).toMatch(/session_ended|delegation_revoked/)
    for (const [client, session] of [['issue-triage', sessionOf(forAlice.access)], ['pr-reviewer', sessionOf(ended.access)], ['pr-reviewer', 'ses_of_nobody']] as const) {
      const { agent, url } = more(client, session)
      await alice.ask(url)
      const back = new URL(alice.url)
      expect([back.searchParams.get('error'), back.searchParams.get('state'), back.searchParams.get('code')]).toEqual(['invalid_request', agent.state, null])
    }
  })

  it('is widened by Alice in one and the same delegation, for the tokens that come of it', async () => {
    const { agent, url } = more('pr-reviewer', sessionOf(forAlice.access))
    await alice.ask(url)
    const { body } = await agent.redeem(await alice.answer('approve'))
    const widened = String(body['access_token'])
    expect([delegationOf(widened), sessionOf(widened)]).toEqual([delegationOf(forAlice.access), sessionOf(forAlice.access)])
    const contents = '/github/repos/acme-corp/backend/contents/README.md'
    expect([await outcome(world, widened, contents), await outcome(world, forAlice.access, contents), await outcome(world, forBob.access, contents)])
      .toEqual(['200', '403 consent_required', '403 consent_required'])
  })
})
