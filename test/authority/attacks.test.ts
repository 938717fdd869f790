import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, OauthAgent, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { policiesWith } from '../support/policies.ts'
import { MovedClock } from '../oauth/support/memory-ports.ts'
import { BrowserApi, delegationOf, openStream, outcome, READ_TICKETS, stillOpen, TICKET_RULES } from './support/calls.ts'

const EVIL = 'https://evil.example'
const clock = new MovedClock()

let world: AuthorityWorld
let alice: WorldBrowser
let bob: WorldBrowser
let run: AgentRun
beforeAll(async () => {
  world = await startAuthorityWorld({ clock, policies: policiesWith(TICKET_RULES) })
  alice = await world.signedIn('alice')
  bob = await world.signedIn('bob')
  run = await approvedRun(world, alice, 'pr-reviewer', [READ_TICKETS])
})
afterAll(() => world.close())

const TICKET = '/tickets/v1/tickets/T-1'
const cookiesOf = (browser: WorldBrowser): string => [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
const asked = (agent: OauthAgent): string => agent.authorizationUrl({ authorization_details: JSON.stringify([{ type: 'postern', ...READ_TICKETS }]) })

describe('the authority’s port under another name (DNS rebinding)', () => {
  it.each(['/', '/login', '/v1/me', '/oauth2/token', '/.well-known/oauth-authorization-server', '/oauth2/introspect', '/consent/x'])('answers 421 at %s, whatever it is sent', async (path) => {
    const { hostname, port } = new URL(world.url)
    const statuses = await Promise.all(['evil.example', `evil.example:${port}`, `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}.evil.example`].map((host) => new Promise((resolve, reject) => {
      httpRequest({ hostname, port, path, headers: { host, cookie: cookiesOf(alice), 'x-forwarded-host': new URL(world.url).host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject).end()
    })))
    expect(statuses).toEqual([421, 421, 421, 421, 421])
  })
})

describe('another site’s form', () => {
  const headers = [
    ['another origin', { origin: EVIL, 'sec-fetch-site': 'cross-site' }], ['a sibling', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['no origin at all', {}], ['a hidden one', { origin: 'null' }],
  ] as const

  async function forms(): Promise<readonly (readonly [string, Record<string, string>])[]> {
    const csrf = String((await (await BrowserApi.of(alice)).get('/v1/me')).body['csrf'])
    const agent = new OauthAgent(world.url, 'pr-reviewer')
    await alice.ask(asked(agent))
    return [
      [new URL(alice.url).pathname, { csrf, answer: 'approve' }], ['/device', { csrf, user_code: 'BCDF-GHJK' }], ['/connect/github', { csrf }], ['/logout', { csrf }],
      ['/break-glass', { csrf, reason: 'mine', duration: String(15 * 60_000) }],
    ]
  }

  it.each(headers)('of %s does nothing, even if it knew the token in the page', async (_what, from) => {
    for (const [path, fields] of await forms()) {
      const answer = await fetch(`${world.url}${path}`, { method: 'POST', redirect: 'manual', headers: { ...from, cookie: cookiesOf(alice) }, body: new URLSearchParams(fields) })
      expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 403, null])
      expect(await answer.text()).not.toContain('code=')
    }
    expect(await outcome(world, run.access, TICKET)).toBe('200')
    expect((await (await BrowserApi.of(alice)).get('/v1/me')).status).toBe(200)
  })

  it('with another person’s token in it does nothing', async () => {
    const bobs = String((await (await BrowserApi.of(bob)).get('/v1/me')).body['csrf'])
    for (const [path, fields] of await forms()) {
      const answer = await fetch(`${world.url}${path}`, {
        method: 'POST', redirect: 'manual', headers: { origin: world.url, 'sec-fetch-site': 'same-origin', cookie: cookiesOf(alice) }, body: new URLSearchParams({ ...fields, csrf: bobs }),
      })
      expect([path, answer.status]).toEqual([path, 403])
    }
  })

  it('does not reach the API by the cookie, nor by any token but the command line’s', async () => {
    const path = `${world.url}/v1/delegations/${delegationOf(run.access)}/revoke`
    const json = { 'content-type': 'application/json', cookie: cookiesOf(alice) }
    for (const from of [{}, { origin: EVIL }, { origin: world.url }, { origin: world.url, 'sec-fetch-site': 'same-origin', 'postern-csrf': 'x' }]) {
      expect((await fetch(path, { method: 'POST', body: '{}', headers: { ...json, ...from } as Record<string, string> })).status).toBe(403)
    }
    expect((await fetch(path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', authorization: `Bearer ${run.access}`, cookie: cookiesOf(alice) } })).status).toBe(401)
    const read = await fetch(`${world.url}/v1/me`, { headers: { cookie: cookiesOf(alice), origin: EVIL, 'sec-fetch-site': 'cross-site' } })
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it('signs nobody in: not without the login page’s cookie, and not with another browser’s page', async () => {
    const attacker = world.browser()
    await attacker.get(`${world.url}/login`)
    const fields = new URLSearchParams(attacker.forms()[0]?.fields.map(([name, value]): [string, string] => [name, value]))
    fields.set('person', 'user:bob@acme.com')
    const victim = world.browser()
    await victim.get(`${world.url}/login`)
    for (const cookie of ['', cookiesOf(victim)]) {
      const answer = await fetch(`${world.url}/login/demo`, { method: 'POST', redirect: 'manual', body: fields, headers: { cookie, origin: world.url, 'sec-fetch-site': 'same-origin' } })
      expect([answer.status, answer.headers.getSetCookie().filter((line) => line.includes('postern=') || line.includes('__Host-postern='))]).toEqual([403, []])
    }
  })
})

describe('a `return` that leads elsewhere', () => {
  const WISHES = [EVIL, '//evil.example', '/\\evil.example', '/%09/evil.example', '\\\\evil.example', 'http:evil.example', `${'/a'.repeat(2)}@evil.example`, 'javascript:alert(1)', '/\t/evil.example', '%2f%2fevil.example']

  it.each(WISHES)('is not gone to after signing in: %j', async (wish) => {
    const visitor = world.browser()
    await visitor.get(`${world.url}/login?return=${encodeURIComponent(wish)}`)
    await visitor.submit({ person: 'user:alice@acme.com' })
    expect(new URL(visitor.onward() ?? visitor.url, world.url).origin).toBe(world.url)
    const known = await fetch(`${world.url}/login?return=${encodeURIComponent(wish)}`, { redirect: 'manual', headers: { cookie: cookiesOf(alice) } })
    expect(new URL(known.headers.get('location') ?? '/', world.url).origin).toBe(world.url)
  })

  it('nor after connecting an account', async () => {
    for (const wish of WISHES) {
      await alice.get(`${world.url}/connect/github?return=${encodeURIComponent(wish)}`)
      expect(alice.forms().flatMap(({ fields }) => fields.filter(([name]) => name === 'return').map(([, value]) => new URL(value, world.url).origin))).not.toContain('https://evil.example')
      expect(alice.links().filter((href) => new URL(href, world.url).hostname.includes('evil'))).toEqual([])
    }
  })
})

describe('an authorization request', () => {
  it.each([
    EVIL, 'http://127.0.0.1.evil.example/callback', 'http://127.0.0.1/callback/', 'http://127.0.0.1/callback/../evil', 'http://127.0.0.1/callback?x=1', 'http://127.0.0.1/Callback',
    'https://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback', 'http://user@127.0.0.1/callback', 'http://127.0.0.1/callback#x', 'http://127.0.0.1\\@evil.example/callback', '',
  ])('that would be answered at %j is answered on our own page, without a code', async (redirectUri) => {
    await alice.ask(new OauthAgent(world.url, 'pr-reviewer').authorizationUrl({ scope: 'tickets:tickets:read', redirect_uri: redirectUri }))
    expect([alice.status >= 400, new URL(alice.url).origin, alice.onward()]).toEqual([true, world.url, undefined])
  })

  it('without PKCE, or with the plain method, gets no code', async () => {
    for (const more of [{ code_challenge: '', code_challenge_method: '' }, { code_challenge_method: 'plain' }, { code_challenge_method: 'none' }]) {
      await alice.ask(new OauthAgent(world.url, 'pr-reviewer').authorizationUrl({ scope: 'tickets:tickets:read', ...more }))
      expect(new URL(alice.url).searchParams.get('code')).toBeNull()
      expect([new URL(alice.url).searchParams.get('error') ?? alice.status]).not.toEqual([200])
    }
  })

  it('is answered with its own state and our issuer, in the browser that it was begun in alone', async () => {
    const agent = new OauthAgent(world.url, 'pr-reviewer')
    await alice.ask(asked(agent))
    const consent = alice.url
    for (const other of [bob, await world.signedIn('alice'), world.browser()]) {
      await other.get(consent)
      expect([other.status === 410 || other.url.includes('/login'), other.forms().some(({ fields }) => fields.some(([name]) => name.startsWith('scope.')))]).toEqual([true, false])
    }
    await alice.get(consent)
    const framing = [alice.headers.get('content-security-policy'), alice.headers.get('x-frame-options'), alice.headers.get('cache-control')]
    expect(framing).toEqual([expect.stringContaining("frame-ancestors 'none'"), 'DENY', expect.stringContaining('no-store')])
    const back = await alice.answer('approve')
    expect([`${back.origin}${back.pathname}`, back.searchParams.get('state'), back.searchParams.get('iss')]).toEqual([REDIRECT, agent.state, world.url])
    await alice.get(consent)
    expect(alice.status === 410 || (alice.onward() ?? '').startsWith(REDIRECT)).toBe(true)
  })
})

describe('a code', () => {
  const coded = async (): Promise<{ readonly agent: OauthAgent, readonly back: URL }> => {
    const agent = new OauthAgent(world.url, 'pr-reviewer')
    await alice.ask(asked(agent))
    return { agent, back: await alice.answer('approve') }
  }
  const parameters = (back: URL, verifier: string): Record<string, string> =>
    ({ grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '', redirect_uri: REDIRECT, code_verifier: verifier })

  it('is good for its client, its verifier and its place alone', async () => {
    const { agent, back } = await coded()
    const own = parameters(back, agent.verifier)
    const [stolen, unverified, elsewhere] = [
      await new OauthAgent(world.url, 'issue-triage').token(own), await agent.token({ ...own, code_verifier: 'x'.repeat(43) }), await agent.token({ ...own, redirect_uri: `${REDIRECT}/` }),
    ]
    expect([stolen, unverified, elsewhere].map(({ status, body }) => [status, body['error'], body['access_token']])).toEqual([[400, 'invalid_grant', undefined], [400, 'invalid_grant', undefined], [400, 'invalid_grant', undefined]])
  })

  it('that is shown again ends the session that came of it, and cuts what it has open', async () => {
    const { agent, back } = await coded()
    const { body } = await agent.redeem(back)
    const [stream, other] = [await openStream(world, String(body['access_token'])), await openStream(world, run.access)]
    const again = await agent.token(parameters(back, agent.verifier))
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
    await stream.closed
    expect(await outcome(world, String(body['access_token']), TICKET)).toMatch(/403 (session_ended|delegation_revoked)/)
    expect((await agent.refresh(String(body['refresh_token']))).body['error']).toBe('invalid_grant')
    await stillOpen(other)
    other.close()
  })
})

describe('a refresh token', () => {
  it('is answered once more with the same successor for a moment, and after that ends the session and cuts what it has open', async () => {
    const made = await approvedRun(world, alice, 'pr-reviewer', [READ_TICKETS])
    const first = await made.agent.refresh(made.refresh)
    const lost = await made.agent.refresh(made.refresh)
    expect(lost.body['refresh_token']).toBe(first.body['refresh_token'])
    const [stream, other] = [await openStream(world, String(first.body['access_token'])), await openStream(world, run.access)]
    clock.moveBy(21_000)
    expect((await made.agent.refresh(made.refresh)).body['error']).toBe('invalid_grant')
    await stream.closed
    expect(await outcome(world, String(first.body['access_token']), TICKET)).toMatch(/403 (session_ended|delegation_revoked)/)
    expect((await made.agent.refresh(String(first.body['refresh_token']))).body['error']).toBe('invalid_grant')
    expect(await world.recorded(({ event, delegation }) => event === 'delegation.replayed' && delegation === delegationOf(made.access))).toMatchObject({ outcome: 'revoked' })
    await stillOpen(other)
    other.close()
  })
})

describe('an account that is being connected', () => {
  it('is connected for the person and in the browser that began it alone', async () => {
    const thief = world.browser()
    await thief.signIn('bob')
    await alice.get(`${world.url}/connect/github`)
    await alice.submit()
    const state = new URL(alice.onward() ?? '').searchParams.get('state') ?? ''
    const callback = `${world.url}/connect/github/callback?${new URLSearchParams({ code: 'of-the-attacker', state }).toString()}`
    for (const other of [thief, await world.signedIn('alice')]) {
      await other.get(callback)
      expect(other.status).toBe(400)
    }
    await world.browser().get(callback).then(({ status }) => expect(status).toBe(401))
    expect((await (await BrowserApi.of(thief)).get('/v1/connections')).body['items']).toEqual([])
  })
})
