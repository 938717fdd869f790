import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { ClientRequest } from '../../src/authority/oauth/contract.ts'
import { createOauthServer } from '../../src/authority/oauth/oauth-server.ts'
import { endSignIns } from '../../src/authority/people/sign-outs.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import type { PersonId } from '../../src/model/ids.ts'
import { Browser } from './support/browser.ts'
import { assertion, authorizeUrl, codeFor, post, redeem, refresh, tokensFor, tokensOf } from './support/client.ts'
import { ALICE, openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => { world = await openOauthWorld() })
afterAll(() => world.close())

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const CLI_REDIRECT = 'http://127.0.0.1:53682/callback'

describe('the metadata', () => {
  it('is the same at both places, for everybody, and says just what is enabled', async () => {
    const [oauth2, openid] = await Promise.all(['oauth-authorization-server', 'openid-configuration'].map(async (name) => {
      const response = await fetch(`${world.issuer}/.well-known/${name}`)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      return response.json()
    }))
    expect(openid).toEqual(oauth2)
    const issuer = world.issuer
    expect(oauth2).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/oauth2/authorize`, token_endpoint: `${issuer}/oauth2/token`, jwks_uri: `${issuer}/oauth2/jwks`,
      pushed_authorization_request_endpoint: `${issuer}/oauth2/par`, device_authorization_endpoint: `${issuer}/oauth2/device`,
      introspection_endpoint: `${issuer}/oauth2/introspect`, revocation_endpoint: `${issuer}/oauth2/revoke`,
      response_types_supported: ['code'], response_modes_supported: ['query'], code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
      authorization_response_iss_parameter_supported: true, authorization_details_types_supported: ['postern'],
      client_id_metadata_document_supported: false, request_parameter_supported: false, request_uri_parameter_supported: false,
    })
    expect(JSON.stringify(oauth2)).not.toMatch(/implicit|registration|userinfo|id_token|client_secret|"none"\s*,\s*"HS/)
  })

  it('is not that of another host, whatever Host and X-Forwarded-Host say', async () => {
    const response = await fetch(`${world.issuer}/.well-known/oauth-authorization-server`, { headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' } })
    expect(JSON.stringify(await response.json())).not.toContain('evil')
    const device = await post(world, '/oauth2/device', { client_id: 'pr-reviewer', scope: 'github:pulls:read' }, { 'x-forwarded-host': 'evil.example' })
    expect(device.body['verification_uri']).toBe(`${world.issuer}/device`)
    const begun = await hostless(authorizeUrl(world))
    expect(begun).toMatchObject({ status: 303, location: expect.stringMatching(/^\/consent\//) as string })
  })

  it('stands for all that is reachable', async () => {
    const elsewhere = [
      '/oauth2/session/end', '/oauth2/session/end/confirm', '/session/end/confirm', '/oauth2/reg', '/oauth2/me', '/me', '/interaction/abc',
      '/oauth2/device/abc', '/oauth2/introspect', '/oauth2/revoke', '/oauth2/TOKEN', '/oauth2/authorize/a/b', '/oauth2/token/',
    ].flatMap((path) => [['GET', path], ['POST', path]] as const)
    const otherwise = [['POST', '/oauth2/authorize'], ['GET', '/oauth2/token'], ['GET', '/oauth2/par'], ['GET', '/oauth2/device']] as const
    for (const [method, path] of [...elsewhere, ...otherwise]) {
      const { status } = await fetch(`${world.issuer}${path}`, { method, redirect: 'manual' })
      expect({ method, path, status }).toEqual({ method, path, status: 404 })
    }
    expect((await fetch(`${world.issuer}/oauth2/jwks`, { method: 'POST' })).status).toBe(405)
  })
})

/** As somebody who sends another `Host`. */
function hostless(url: string): Promise<{ readonly status: number | undefined, readonly location: string | undefined }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, location: response.headers.location })
    }).on('error', reject).end()
  })
}

describe('the cookies', () => {
  it('are out of reach of scripts, bound to this site, and none of them signs anybody in', async () => {
    const browser = new Browser(world.issuer)
    await codeFor(world, {}, browser)
    for (const { name, attributes } of browser.cookies) {
      expect(name).toMatch(/^postern-(flow|interaction|resume)(\.sig)?$/)
      expect(attributes.toLowerCase()).toContain('httponly')
      expect(attributes.toLowerCase()).toContain('samesite=lax')
    }
    expect(world.shortLived.ofKind('oauth:Session')).toEqual([])
  })
})

describe('the signing keys', () => {
  it('rotate with overlap: published before they sign, kept while their tokens live', async () => {
    const own = await openOauthWorld()
    const { oauth, clock } = own
    const before = oauth.signingKey().kid
    const next = await oauth.rotateSigningKey()
    expect(oauth.verification.jwks().keys.map(({ kid }) => kid)).toEqual([before, next])
    expect(oauth.signingKey().kid).toBe(before)
    clock.moveBy(2 * 3_600_000 + 1)
    expect(oauth.signingKey().kid).toBe(next)
    expect(oauth.verification.jwks().keys.map(({ kid }) => kid)).toEqual([before, next])
    clock.moveBy(2 * 600_000 + 60_001)
    expect(oauth.verification.jwks().keys.map(({ kid }) => kid)).toEqual([next])
    await own.close()
  })

  it('are shared by all authorities on the store, named by their thumbprint, and published without their private part', async () => {
    const [key] = world.oauth.verification.jwks().keys
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    expect(key?.kid).toBe(await calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x: key?.x ?? '', y: key?.y ?? '' }))
    const listeners: ((change: { readonly kind: 'keys' }) => void)[] = []
    const second = await createOauthServer({
      issuer: world.issuer, lifetimes: { delegationTokenMs: 600_000, refreshTokenMs: 86_400_000, refreshReplayMs: 20_000 }, audiences: [], resourceServers: [], metadataHosts: [],
      clientCertificates: false, shortLived: world.shortLived, keyring: world.keyring, changes: { subscribe: (listener) => { listeners.push(listener); return () => undefined } },
      agents: { agent: (id) => world.agents.get(id) }, desk: world.desk, personName: async () => undefined, endReplayedSession: async () => undefined,
      words: () => undefined, mayActForItself: () => false, audit: world.audit, clock: world.clock, timers: systemTimers,
      http: () => Promise.reject(new Error('unused')), renderError: () => '', onError: () => undefined,
    })
    expect(second.signingKey().kid).toBe(world.oauth.signingKey().kid)
    const next = await world.oauth.rotateSigningKey()
    const generation = second.verification.generation
    for (const tell of listeners) tell({ kind: 'keys' })
    await expect.poll(() => second.verification.jwks().keys.map(({ kid }) => kid)).toContain(next)
    expect(second.verification.generation).toBe(generation + 1)
    second.close()
  })
})

describe('our own command line', () => {
  const request = { client_id: 'postern-cli', scope: undefined, redirect_uri: CLI_REDIRECT }

  it('learns who signed in, and nothing else: its tokens are opaque, for the admin API, and delegate nothing', async () => {
    const delegations = world.desk.all.length
    const code = await codeFor(world, request)
    const answered = await redeem(world, code, { client_id: 'postern-cli', redirect_uri: CLI_REDIRECT })
    const tokens = tokensOf(answered)
    expect(answered.body).toMatchObject({ expires_in: 600, scope: 'admin', token_type: 'Bearer' })
    expect(tokens.access.split('.')).toHaveLength(1)
    expect(await world.oauth.adminTokens.person(tokens.access)).toBe(ALICE)
    expect(world.desk.all.length).toBe(delegations)
    const renewed = tokensOf(await refresh(world, tokens.refresh, { client_id: 'postern-cli' }))
    expect(await world.oauth.adminTokens.person(renewed.access)).toBe(ALICE)
    const stored = await world.oauth.storedTokens.find(renewed.refresh)
    expect(stored).toMatchObject({ kind: 'refresh_token', clientId: 'postern-cli', person: ALICE })
    await world.oauth.storedTokens.endGrant(stored?.grant ?? '')
    expect(await world.oauth.adminTokens.person(renewed.access)).toBeUndefined()
    expect((await refresh(world, renewed.refresh, { client_id: 'postern-cli' })).body['error']).toBe('invalid_grant')
  })

  it('is signed out with all that its person signed in for, and is signed in again by them alone', async () => {
    const signIn = async () => tokensOf(await redeem(world, await codeFor(world, request), { client_id: 'postern-cli', redirect_uri: CLI_REDIRECT }))
    const [one, other] = [await signIn(), await signIn()]
    await endSignIns(world.shortLived, 'user:bob@acme.com' as PersonId, Date.now() + 1_000)
    expect(await world.oauth.adminTokens.person(one.access)).toBe(ALICE)
    await endSignIns(world.shortLived, ALICE, Date.now())
    expect([await world.oauth.adminTokens.person(one.access), await world.oauth.storedTokens.find(other.refresh)]).toEqual([undefined, undefined])
    expect((await refresh(world, one.refresh, { client_id: 'postern-cli' })).body['error']).toBe('invalid_grant')
    // grants are dated in whole seconds
    await endSignIns(world.shortLived, ALICE, Date.now() - 5_000)
    expect(await world.oauth.adminTokens.person((await signIn()).access)).toBe(ALICE)
  })

  it('signs in by the device flow, too', async () => {
    const { body } = await post(world, '/oauth2/device', { client_id: 'postern-cli' })
    const submitted = await world.oauth.devices.submit({ headers: {} } as never, ALICE, String(body['user_code']))
    if (submitted.kind !== 'found') throw new Error(submitted.kind)
    const asked = { url: submitted.location, headers: { cookie: submitted.setCookie?.split(';')[0] } } as never
    expect(await world.oauth.interactions.current(asked, {} as never)).toMatchObject({ purpose: 'sign_in', agent: undefined, access: [] })
    await world.oauth.interactions.answer(asked, {} as never, ALICE, { kind: 'signed_in' })
    const tokens = tokensOf(await post(world, '/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'postern-cli', device_code: String(body['device_code']) }))
    expect(await world.oauth.adminTokens.person(tokens.access)).toBe(ALICE)
  })

  it('is the only one whose tokens the admin API takes', async () => {
    const tokens = await tokensFor(world)
    for (const token of [tokens.access, tokens.refresh, '', 'x', 'x'.repeat(10_000)]) expect(await world.oauth.adminTokens.person(token)).toBeUndefined()
  })

  it('loses its sign-in where a refresh token of its is shown by two', async () => {
    const first = tokensOf(await redeem(world, await codeFor(world, request), { client_id: 'postern-cli', redirect_uri: CLI_REDIRECT }))
    const second = tokensOf(await refresh(world, first.refresh, { client_id: 'postern-cli' }))
    const third = tokensOf(await refresh(world, second.refresh, { client_id: 'postern-cli' }))
    expect((await refresh(world, first.refresh, { client_id: 'postern-cli' })).body['error']).toBe('invalid_grant')
    expect(await world.oauth.adminTokens.person(third.access)).toBeUndefined()
  })

  it('asks for no scopes and no delegation', async () => {
    for (const parameters of [{ scope: 'github:pulls:read' }, { resource: world.issuer }]) {
      const answer = await new Browser(world.issuer).toClient(authorizeUrl(world, { ...request, ...parameters }))
      expect(answer.searchParams.get('error')).toMatch(/^invalid_(scope|target)$/)
    }
  })
})

describe('a grant type of our own', () => {
  const seen: ClientRequest[] = []

  beforeAll(() => world.oauth.registerGrantType({
    name: EXCHANGE, parameters: ['subject_token', 'resource'], repeatable: ['resource'],
    answer: async (request) => {
      seen.push(request)
      return { status: 200, body: { access_token: 'stand-in', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' } }
    },
  }))

  it('is told who asks, how well it proved that, and only the parameters that it reads', async () => {
    const key = await generateKeyPair('ES256')
    const jwk = await exportJWK(key.publicKey)
    const sign = (jti: string, url = `${world.issuer}/oauth2/token`): Promise<string> =>
      new SignJWT({ htm: 'POST', htu: url, jti, iat: Math.floor(Date.now() / 1000) }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(key.privateKey)
    const dpop = { DPoP: await sign('exchange') }
    const answered = await post(world, '/oauth2/token', { grant_type: EXCHANGE, client_id: 'pr-reviewer', subject_token: 't', resource: 'github', evil: 'x' }, dpop)
    expect(answered.body).toEqual({ access_token: 'stand-in', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' })
    expect(seen.at(-1)).toEqual({
      clientId: 'pr-reviewer', agent: 'agent:pr-reviewer', authenticated: false, parameters: { subject_token: 't', resource: 'github' },
      jkt: await calculateJwkThumbprint(jwk), x5t: undefined,
    })
    for (const header of [dpop, { DPoP: await sign('other', 'https://evil.example') }, { DPoP: 'none' }]) {
      expect((await post(world, '/oauth2/token', { grant_type: EXCHANGE, client_id: 'pr-reviewer', subject_token: 't' }, header)).body['error']).toBe('invalid_dpop_proof')
    }
    tokensOf({ ...await post(world, '/oauth2/token', { grant_type: EXCHANGE, subject_token: 't', ...await assertion(world) }) })
    expect(seen.at(-1)).toMatchObject({ clientId: 'release-notes', authenticated: true })
  })

  it('is no other client’s, and stands in the metadata', async () => {
    expect((await post(world, '/oauth2/token', { grant_type: EXCHANGE, client_id: 'postern-cli', subject_token: 't' })).status).toBe(400)
    expect((await post(world, '/oauth2/token', { grant_type: EXCHANGE, client_id: 'nobody', subject_token: 't' })).status).toBe(401)
    const metadata = await (await fetch(`${world.issuer}/.well-known/oauth-authorization-server`)).json() as { readonly grant_types_supported: readonly string[] }
    expect(metadata.grant_types_supported).toContain(EXCHANGE)
  })
})

describe('what broke', () => {
  it('is told to us and shown to nobody, on a page as in an answer', async () => {
    const own = await openOauthWorld({ overrides: { words: () => { throw new Error('a secret inside') } } })
    const answer = await new Browser(own.issuer).open(authorizeUrl(own))
    const page = await answer.text()
    expect({ status: answer.status, page }).toEqual({ status: 500, page: '<p>server_error</p><p>oops! something went wrong</p>' })
    const pushed = await post(own, '/oauth2/par', Object.fromEntries(new URL(authorizeUrl(own)).searchParams))
    expect({ status: pushed.status, error: pushed.body['error'] }).toEqual({ status: 500, error: 'server_error' })
    expect(JSON.stringify(pushed.body)).not.toContain('secret')
    expect(own.errors).toHaveLength(2)
    await own.close()
  })
})
