import { describe, expect, it } from 'vitest'
import { loginRoutes } from '../../src/authority/login/login-routes.ts'
import type { ClaimsOptions } from '../../src/authority/login/read-claims.ts'
import { LOGIN_COOKIE, SESSION_COOKIE } from '../../src/authority/people/cookies.ts'
import { Visitor } from '../support/visitor.ts'
import { webWorld, type WebWorld } from '../pages/web-world.ts'
import { CLIENT_ID, testProvider, type TestProvider } from './provider.ts'

const CLAIMS: ClaimsOptions = { claims: { person: 'email', name: 'name', groups: 'groups' }, allowUnverifiedEmail: false }

interface World extends WebWorld {
  readonly provider: TestProvider
  readonly origin: string
}

async function world(options: { readonly clientSecret?: string, readonly claims?: Partial<ClaimsOptions> } = {}): Promise<World> {
  const web = await webWorld()
  const provider = await testProvider()
  const origin = await web.serve((url) => [loginRoutes({
    url, behindProxy: false, sessions: web.sessions, people: web.store.people, shortLived: web.store.shortLived, audit: web.audit, clock: web.clock,
    by: { provider: provider.for(url, options), claims: { ...CLAIMS, ...options.claims } },
    report: (error) => void web.reported.push(error),
  })])
  return Object.assign(web, { provider, origin })
}

const who = async (world: World, visitor: Visitor): Promise<string | undefined> =>
  (await world.sessions.current(`${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE) ?? ''}`))?.person.id

const denials = (world: World): readonly (string | undefined)[] =>
  world.records.filter(({ event }) => event === 'admin.sign_in_denied').map(({ reason }) => reason)

/** Brings the visitor to the provider and stops before it sends them back. */
async function untilCallback(world: World, visitor: Visitor): Promise<string> {
  await visitor.get(`${world.origin}/login`, { stop: `${world.origin}/login/callback` })
  return visitor.url
}

describe('signing in at the identity provider', () => {
  it('lets in whom it vouches for, on record, and goes back to where they were', async () => {
    const here = await world()
    const visitor = await new Visitor().get(`${here.origin}/login?return=${encodeURIComponent('/consent/abc?x=1')}`)
    expect(visitor.url).toBe(`${here.origin}/consent/abc?x=1`)
    expect(await who(here, visitor)).toBe('user:alice@acme.com')
    expect(here.records).toEqual([{ event: 'admin.signed_in', user: { id: 'user:alice@acme.com', name: 'Alice Chen' }, outcome: 'ok' }])
    const person = await here.store.people.get('user:alice@acme.com' as never)
    expect(person).toMatchObject({ issuer: here.provider.issuer, subject: 'johndoe', email: 'alice@acme.com', groups: [] })
  })

  it('asks with PKCE, state and nonce, for the configured scopes, and with its own redirect URI', async () => {
    const here = await world()
    const visitor = await new Visitor().get(`${here.origin}/login`, { stop: here.provider.issuer })
    const query = new URL(visitor.url).searchParams
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code', client_id: CLIENT_ID, scope: 'openid email profile', code_challenge_method: 'S256', redirect_uri: `${here.origin}/login/callback`,
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)?.length, `${name}`).toBeGreaterThanOrEqual(43)
    expect(query.has('prompt')).toBe(false)
    const again = await visitor.get(`${here.origin}/login?switch=1`, { stop: here.provider.issuer })
    expect(new URL(again.url).searchParams.get('prompt')).toBe('login')
  })

  it('gives the session a cookie that only this host gets back, over TLS or loopback, out of reach of scripts, under a new name each time', async () => {
    const here = await world()
    const visitor = new Visitor()
    const callback = await untilCallback(here, visitor)
    const answer = await fetch(callback, { redirect: 'manual', headers: { cookie: `${LOGIN_COOKIE}=${visitor.jar.get(LOGIN_COOKIE) ?? ''}` } })
    const [cookie = ''] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-postern=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    const second = await new Visitor().get(`${here.origin}/login`)
    expect(second.jar.get(SESSION_COOKIE)).not.toBe(cookie.split(/[=;]/)[1])
  })

  it('ends the session that the browser had before, so that a planted one is worth nothing', async () => {
    const here = await world()
    const visitor = await new Visitor().get(`${here.origin}/login`)
    const before = visitor.jar.get(SESSION_COOKIE) ?? ''
    await visitor.get(`${here.origin}/login?switch=1`)
    expect(visitor.jar.get(SESSION_COOKIE)).not.toBe(before)
    expect(await here.sessions.current(`${SESSION_COOKIE}=${before}`)).toBeUndefined()
  })

  it('does not ask who is signed in already', async () => {
    const here = await world()
    const visitor = await new Visitor().get(`${here.origin}/login`)
    const asked = here.provider.requests.length
    await visitor.get(`${here.origin}/login?return=/`)
    expect(visitor.url).toBe(`${here.origin}/`)
    expect(here.provider.requests.length).toBe(asked)
  })

  it('shows a client secret in the header where the provider takes it there, in the body where only there, and never in the URL', async () => {
    for (const [methods, inHeader] of [[['client_secret_basic', 'client_secret_post'], true], [['client_secret_post'], false], [undefined, true]] as const) {
      const here = await world({ clientSecret: 'canary-client-secret' })
      here.provider.server.service.on('beforeWellKnownOpenIdConfiguration', (answer: { body: Record<string, unknown> }) => {
        answer.body['token_endpoint_auth_methods_supported'] = methods
      })
      const visitor = await new Visitor().get(`${here.origin}/login`)
      expect(await who(here, visitor), `${String(methods)}`).toBe('user:alice@acme.com')
      const token = here.provider.requests.find(({ url }) => url.endsWith('/token'))
      expect(token?.authorization?.startsWith('Basic ') === true, `${String(methods)}`).toBe(inHeader)
      expect(token?.body?.includes('canary-client-secret') === true, `${String(methods)}`).toBe(!inHeader)
      expect(here.provider.requests.some(({ url }) => url.includes('canary'))).toBe(false)
    }
  })

  it('asks the userinfo endpoint for what the ID token does not carry', async () => {
    const here = await world()
    here.provider.claims = { name: 'Alice Chen' }
    here.provider.userinfo = { email: 'alice@acme.com', email_verified: true, groups: ['reviewers'] }
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect(await who(here, visitor)).toBe('user:alice@acme.com')
    expect((await here.store.people.get('user:alice@acme.com' as never))?.groups).toEqual(['reviewers'])
  })

  it('takes the provider’s word for userinfo only about the same subject', async () => {
    const here = await world()
    here.provider.claims = { name: 'Alice Chen' }
    here.provider.userinfo = { sub: 'somebody-else', email: 'ceo@acme.com', email_verified: true }
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect(visitor.status).toBe(403)
    expect(await who(here, visitor)).toBeUndefined()
  })
})

describe('attacks on signing in', () => {
  it('refuses a state that was used before', async () => {
    const here = await world()
    const visitor = new Visitor()
    const callback = await untilCallback(here, visitor)
    await visitor.get(callback)
    expect(await who(here, visitor)).toBe('user:alice@acme.com')
    const again = new Visitor()
    again.jar.set(LOGIN_COOKIE, visitor.jar.get(LOGIN_COOKIE) ?? '')
    await again.get(callback)
    expect([again.status, again.title()]).toEqual([400, 'This sign-in is over'])
    expect(await who(here, again)).toBeUndefined()
    expect(denials(here)).toEqual(['the state is unknown, used, over, or of another browser'])
  })

  it('refuses another browser’s state (login CSRF), and leaves it good for its own', async () => {
    const here = await world()
    const attacker = new Visitor()
    const callback = await untilCallback(here, attacker)
    const victim = new Visitor()
    await victim.get(`${here.origin}/login`, { stop: here.provider.issuer })
    await victim.get(callback)
    expect([victim.status, await who(here, victim)]).toEqual([400, undefined])
    const naked = await new Visitor().get(callback)
    expect([naked.status, await who(here, naked)]).toEqual([400, undefined])
    await attacker.get(callback)
    expect(await who(here, attacker)).toBe('user:alice@acme.com')
  })

  it('refuses a state whose time is over', async () => {
    const here = await world()
    const visitor = new Visitor()
    const callback = await untilCallback(here, visitor)
    here.clock.now += 15 * 60_000 + 1
    await visitor.get(callback)
    expect([visitor.status, await who(here, visitor)]).toEqual([400, undefined])
  })

  const hour = 3600
  const seconds = (): number => Math.floor(Date.now() / 1000)
  const forged: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ['another nonce', () => ({ nonce: 'of-another-attempt' })],
    ['no nonce', () => ({ nonce: undefined })],
    ['another issuer', () => ({ iss: 'https://evil.example' })],
    ['another audience', () => ({ aud: 'somebody-else' })],
    ['several audiences and another authorized party', () => ({ aud: [CLIENT_ID, 'other'], azp: 'other' })],
    ['an end an hour ago', () => ({ exp: seconds() - hour, iat: seconds() - 2 * hour })],
    ['an end just beyond what clocks may differ', () => ({ exp: seconds() - 75 })],
    ['no subject', () => ({ sub: undefined })],
  ]
  for (const [name, claims] of forged) {
    it(`refuses an ID token with ${name}`, async () => {
      const here = await world()
      Object.assign(here.provider.claims, claims())
      const visitor = await new Visitor().get(`${here.origin}/login`)
      expect([visitor.status, visitor.title()]).toEqual([403, 'The answer could not be verified'])
      expect(await who(here, visitor)).toBeUndefined()
      expect(denials(here)).toHaveLength(1)
      expect(denials(here)[0]).toMatch(/^the answer of the identity provider could not be verified \([A-Z_]+\)$/)
    })
  }

  it('takes an ID token that ended within what clocks may differ', async () => {
    const here = await world()
    Object.assign(here.provider.claims, { exp: seconds() - 30 })
    expect(await who(here, await new Visitor().get(`${here.origin}/login`))).toBe('user:alice@acme.com')
  })

  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const resigned: readonly (readonly [string, (header: string, payload: string, signature: string) => string])[] = [
    ['alg none and no signature', (_header, payload) => `${base64({ alg: 'none', typ: 'JWT' })}.${payload}.`],
    ['a changed payload under the same signature', (header, payload, signature) =>
      `${header}.${base64({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), email: 'ceo@acme.com' })}.${signature}`],
    ['HS256 with the client id as key', (_header, payload) => `${base64({ alg: 'HS256', typ: 'JWT' })}.${payload}.AAAA`],
    ['a key of the sender’s own in the header', (_header, payload, signature) => `${base64({ alg: 'RS256', jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } })}.${payload}.${signature.slice(0, -4)}AAAA`],
  ]
  for (const [name, forge] of resigned) {
    it(`refuses an ID token with ${name}, though it came over the line to the provider`, async () => {
      const here = await world()
      here.provider.server.service.on('beforeResponse', (answer: { body: Record<string, unknown> }) => {
        const [header = '', payload = '', signature = ''] = String(answer.body['id_token']).split('.')
        answer.body['id_token'] = forge(header, payload, signature)
      })
      const visitor = await new Visitor().get(`${here.origin}/login`)
      expect([visitor.status, visitor.title()]).toEqual([403, 'The answer could not be verified'])
      expect(await who(here, visitor)).toBeUndefined()
    })
  }

  it('refuses an answer that names another issuer (RFC 9207)', async () => {
    const here = await world()
    const visitor = new Visitor()
    const callback = new URL(await untilCallback(here, visitor))
    callback.searchParams.set('iss', 'https://evil.example')
    await visitor.get(callback.href)
    expect([visitor.status, await who(here, visitor)]).toEqual([403, undefined])
  })

  it('refuses a code that the provider does not know', async () => {
    const here = await world()
    here.provider.server.service.on('beforeResponse', (answer: { body: unknown, statusCode: number }) => {
      answer.statusCode = 400
      answer.body = { error: 'invalid_grant', error_description: '<script>alert(1)</script>' }
    })
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect([visitor.status, await who(here, visitor)]).toEqual([403, undefined])
    expect(visitor.body).not.toContain('alert(1)')
    expect(denials(here)).toEqual(['the answer of the identity provider could not be verified (invalid_grant)'])
  })

  it('tells plainly that the provider said no, and nothing that it or anybody wrote into the URL', async () => {
    const here = await world()
    const visitor = new Visitor()
    const callback = new URL(await untilCallback(here, visitor))
    const answer = new URLSearchParams({ state: callback.searchParams.get('state') ?? '', error: 'access_denied', error_description: '<b>pay here</b>' })
    await visitor.get(`${callback.origin}${callback.pathname}?${answer.toString()}`)
    expect([visitor.status, visitor.title()]).toEqual([403, 'You are not signed in'])
    expect(visitor.body).not.toContain('pay here')
    expect(denials(here)).toEqual(['the identity provider answered access_denied'])
  })

  it('slows down who fails again and again, and fills no log', async () => {
    const here = await world()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 25; attempt++) statuses.push((await new Visitor().get(`${here.origin}/login/callback?state=guess${attempt}&code=x`)).status)
    expect(statuses.slice(0, 20).every((status) => status === 400)).toBe(true)
    expect(statuses.slice(20)).toEqual([429, 429, 429, 429, 429])
    expect(denials(here)).toHaveLength(20)
    here.clock.now += 60_000
    expect((await new Visitor().get(`${here.origin}/login/callback?state=x&code=x`)).status).toBe(400)
  })

  it('goes back to no other site', async () => {
    const here = await world()
    for (const evil of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/%09/evil.example/../..//evil.example', '\\\\evil.example', 'javascript:alert(1)', '/\t/evil.example', '/./\\evil.example']) {
      const visitor = await new Visitor().get(`${here.origin}/login?return=${encodeURIComponent(evil)}`)
      expect(new URL(visitor.url).origin, `${evil}`).toBe(here.origin)
    }
  })
})

describe('when the identity provider is not there', () => {
  it('says so, before anybody leaves for it, and works again as soon as it answers', async () => {
    const here = await world()
    here.provider.down = true
    const visitor = await new Visitor().get(`${here.origin}/login?return=/consent/abc`)
    expect([visitor.status, visitor.title()]).toEqual([503, 'Your identity provider does not answer'])
    expect(visitor.links()).toContain('/login?return=%2Fconsent%2Fabc')
    expect(here.reported).toHaveLength(1)
    here.provider.down = false
    expect(await who(here, await visitor.get(`${here.origin}/login`))).toBe('user:alice@acme.com')
  })

  it('says so on the way back too, whether it is silent or broken', async () => {
    for (const fail of [(here: World) => { here.provider.down = true }, (here: World) => {
      here.provider.server.service.on('beforeResponse', (answer: { body: unknown, statusCode: number }) => { answer.statusCode = 502 })
    }]) {
      const here = await world()
      const visitor = new Visitor()
      const callback = await untilCallback(here, visitor)
      fail(here)
      await visitor.get(callback)
      expect([visitor.status, visitor.title()]).toEqual([503, 'Your identity provider does not answer'])
      expect(await who(here, visitor)).toBeUndefined()
    }
  })

  it('refuses a provider that calls itself another', async () => {
    const here = await world()
    here.provider.server.service.on('beforeWellKnownOpenIdConfiguration', (answer: { body: Record<string, unknown> }) => { answer.body['issuer'] = 'https://evil.example' })
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect(visitor.status).toBe(503)
  })
})

describe('who is let in', () => {
  it('refuses the address of another subject, on record', async () => {
    const here = await world()
    await new Visitor().get(`${here.origin}/login`)
    here.provider.claims['sub'] = 'the-new-alice'
    here.provider.userinfo = { sub: 'the-new-alice' }
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect([visitor.status, visitor.title()]).toEqual([403, 'You are not signed in'])
    expect(visitor.text()).toContain('the address belongs to another account')
    expect(here.records.at(-1)).toMatchObject({ event: 'admin.sign_in_denied', user: { id: 'user:alice@acme.com' }, outcome: 'denied' })
  })

  it('signs nobody in whom it cannot put on record', async () => {
    const here = await world()
    here.audit.commit = () => Promise.reject(new Error('disk full'))
    const visitor = await new Visitor().get(`${here.origin}/login`)
    expect([visitor.status, visitor.jar.has(SESSION_COOKIE)]).toEqual([503, false])
    expect(visitor.body).not.toContain('disk full')
  })
})

describe('signing out', () => {
  it('takes a form of our own, ends the session on record, and leads to the provider’s own sign-out', async () => {
    const here = await world()
    here.signOutAt = `${here.provider.issuer}/endsession?id_token_hint=x`
    const visitor = await new Visitor().get(`${here.origin}/login`)
    const cookie = visitor.jar.get(SESSION_COOKIE) ?? ''
    await visitor.get(`${here.origin}/logout`)
    await visitor.submit()
    expect(visitor.onward()).toBe(here.signOutAt)
    expect(visitor.jar.has(SESSION_COOKIE)).toBe(false)
    expect(await here.sessions.current(`${SESSION_COOKIE}=${cookie}`)).toBeUndefined()
    expect(here.records.at(-1)).toEqual({ event: 'admin.signed_out', user: { id: 'user:alice@acme.com', name: 'Alice Chen' }, outcome: 'ok' })
  })

  it('signs nobody out by a link, a foreign form, or a form without the session’s token', async () => {
    const here = await world()
    const visitor = await new Visitor().get(`${here.origin}/login`)
    await visitor.get(`${here.origin}/logout`)
    const page = visitor.body
    for (const [fields, headers] of [
      [{ csrf: 'wrong' }, {}], [{ csrf: undefined }, {}], [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
      [{}, { origin: 'null', 'sec-fetch-site': '' }], [{}, { origin: '', 'sec-fetch-site': '' }], [{}, { origin: '', 'sec-fetch-site': 'same-site' }],
    ] as const) {
      visitor.body = page
      visitor.url = `${here.origin}/logout`
      await visitor.submit(fields, { headers })
      expect(visitor.status, `${JSON.stringify([fields, headers])}`).toBe(403)
      expect(await who(here, visitor)).toBe('user:alice@acme.com')
    }
  })

  it('finds the provider’s sign-out by discovery, with the ID token as the hint', async () => {
    const provider = await testProvider()
    const url = new URL(await provider.for('https://postern.acme.com').signOutUrl('id.token.hint') ?? '')
    expect(`${url.origin}${url.pathname}`).toBe(`${provider.issuer}/endsession`)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ id_token_hint: 'id.token.hint', post_logout_redirect_uri: 'https://postern.acme.com/signed-out' })
    provider.down = true
    expect(await provider.for('https://postern.acme.com').signOutUrl('id.token.hint')).toBeUndefined()
  })
})
