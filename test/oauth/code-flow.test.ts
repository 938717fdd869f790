import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { Browser } from './support/browser.ts'
import { authorizeUrl, codeFor, detail, redeem, tokensFor, tokensOf, VERIFIER } from './support/client.ts'
import { ALICE, approveAll, BOB, openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => { world = await openOauthWorld() })
afterAll(() => world.close())
beforeEach(() => { world.decide = approveAll })

async function verified(token: string, audience = world.issuer): Promise<Record<string, unknown>> {
  const keys = createLocalJWKSet(world.oauth.verification.jwks() as unknown as JSONWebKeySet)
  return (await jwtVerify(token, keys, { issuer: world.issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] })).payload
}

describe('the authorization code flow', () => {
  it('passes with openid-client: PKCE, state, iss, a loopback port, and a token that says what was approved', async () => {
    const config = await openid.discovery(new URL(world.issuer), 'pr-reviewer', undefined, openid.None(), { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' })
    const state = openid.randomState()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: 'http://127.0.0.1:4711/callback', scope: 'github:pulls:read slack:chat:write', state,
      code_challenge: await openid.calculatePKCECodeChallenge(VERIFIER), code_challenge_method: 'S256',
    })
    const answer = await new Browser(world.issuer).toClient(url.href)
    expect(answer.searchParams.get('iss')).toBe(world.issuer)
    const tokens = await openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier: VERIFIER, expectedState: state })
    const granted = world.desk.all.at(-1)
    expect(await verified(tokens.access_token)).toMatchObject({
      sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com', name: 'Alice Chen' }, client_id: 'pr-reviewer', postern_profile: 'postern',
      dlg: granted?.delegation.id, sid: granted?.session.id, scope: 'github:pulls:read slack:chat:write',
    })
    expect({ scope: tokens.scope, expires: tokens.expires_in, type: tokens.token_type }).toEqual({ scope: 'github:pulls:read slack:chat:write', expires: 600, type: 'bearer' })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(decodeJwt(refreshed.access_token)['sid']).toBe(granted?.session.id)
  })

  it('passes with oauth4webapi, and with authorization_details that name targets', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(world.issuer)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
    const client: oauth.Client = { client_id: 'pr-reviewer' }
    const details = [detail('github', ['pulls:write'], ['acme-corp/backend'])]
    const answer = await new Browser(world.issuer).toClient(authorizeUrl(world, { scope: undefined, authorization_details: JSON.stringify(details) }))
    const parameters = oauth.validateAuthResponse(server, client, answer, 'st4te')
    const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, REDIRECT, VERIFIER, insecure)
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    expect(await verified(tokens.access_token)).toMatchObject({ scope: 'github:pulls:write', authorization_details: details })
    expect(tokens['authorization_details']).toEqual(details)
  })

  it('tells what the person left of it, not what was asked for', async () => {
    world.decide = () => ({
      person: BOB,
      answer: { kind: 'approved', access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/frontend'], connection: undefined }], expiresAtMs: Date.now() + 90_000 },
    })
    const answered = await redeem(world, await codeFor(world, { scope: 'github:pulls:write slack:chat:write' }))
    const claims = await verified(tokensOf(answered).access)
    expect(claims).toMatchObject({ act: { sub: 'user:bob@acme.com' }, authorization_details: [detail('github', ['pulls:read'], ['acme-corp/frontend'])] })
    expect(answered.body).toMatchObject({ scope: 'github:pulls:read', authorization_details: [detail('github', ['pulls:read'], ['acme-corp/frontend'])] })
    expect(answered.body['expires_in']).toBeLessThanOrEqual(90)
  })

  it('writes the claims that the named audience reads', async () => {
    const tokens = await tokensFor(world, { resource: 'https://tickets.acme.com' })
    expect(await verified(tokens.access, 'https://tickets.acme.com')).toMatchObject({ postern_profile: 'rfc8693', sub: ALICE, act: { sub: 'agent:pr-reviewer' } })
  })

  it('extends a running session of the same agent and person, which the next refresh shows', async () => {
    const first = await tokensFor(world)
    const session = String(decodeJwt(first.access)['sid'])
    const second = await tokensFor(world, { scope: 'slack:chat:write', postern_session: session })
    expect(decodeJwt(second.access)).toMatchObject({ sid: session, scope: 'github:pulls:read slack:chat:write' })
  })

  it('does not extend a session of another person, of another agent, or one that ended', async () => {
    const session = String(decodeJwt((await tokensFor(world)).access)['sid'])
    world.decide = (request) => ({ ...approveAll(request), person: BOB })
    const byBob = await new Browser(world.issuer).toClient(authorizeUrl(world, { postern_session: session }))
    expect(byBob.searchParams.get('error')).toBe('access_denied')
    for (const parameters of [{ client_id: 'issue-triage', postern_session: session }, { postern_session: 'ses_none' }, { postern_session: 'Bob' }]) {
      const refused = await new Browser(world.issuer).toClient(authorizeUrl(world, parameters))
      expect(refused.searchParams.get('error')).toBe('invalid_request')
    }
  })

  it('hands the person’s no to the client', async () => {
    world.decide = () => ({ person: ALICE, answer: { kind: 'denied' } })
    const answer = await new Browser(world.issuer).toClient(authorizeUrl(world))
    expect(Object.fromEntries(answer.searchParams)).toEqual({ error: 'access_denied', error_description: 'the person did not approve', state: 'st4te', iss: world.issuer })
    expect(world.audit.of('delegation.denied').at(-1)).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: ALICE }, outcome: 'denied' })
  })

  it('asks anew each time, also the same person in the same browser', async () => {
    const browser = new Browser(world.issuer)
    let asked = 0
    world.decide = (request) => { asked++; return approveAll(request) }
    await codeFor(world, {}, browser)
    await codeFor(world, {}, browser)
    world.decide = (request) => { asked++; return { ...approveAll(request), person: BOB } }
    const third = await redeem(world, await codeFor(world, { prompt: 'login consent' }, browser))
    expect(asked).toBe(3)
    expect(decodeJwt(tokensOf(third).access)).toMatchObject({ act: { sub: BOB } })
    const silent = await browser.toClient(authorizeUrl(world, { prompt: 'none' }))
    expect(silent.searchParams.get('error')).toBe('interaction_required')
  })

  it('records the request, the issuance and what they are about', async () => {
    await tokensFor(world)
    const granted = world.desk.all.at(-1)
    expect(world.audit.of('delegation.requested').at(-1)).toMatchObject({ agent: { id: 'agent:pr-reviewer', name: 'PR-REVIEWER' }, scopes: ['github:pulls:read'], target: '**' })
    expect(world.audit.of('token.issued').at(-1)).toEqual({
      event: 'token.issued', agent: { id: 'agent:pr-reviewer', name: 'PR-REVIEWER' }, user: { id: ALICE, name: 'Alice Chen' },
      delegation: granted?.delegation.id, session: granted?.session.id, scopes: ['github:pulls:read'], expires_in: '600s', outcome: 'ok',
    })
  })

  it('issues nothing that cannot be recorded, and shows nothing of why', async () => {
    const code = await codeFor(world)
    world.audit.writable = false
    const answered = await redeem(world, code)
    world.audit.writable = true
    expect({ status: answered.status, body: answered.body }).toEqual({ status: 503, body: { error: 'temporarily_unavailable', error_description: 'try again' } })
    expect(answered.headers.get('retry-after')).toBe('1')
    expect(world.errors.splice(0)).toHaveLength(1)
  })
})
