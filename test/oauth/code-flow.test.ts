import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeJwt, createLocalJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { Browser } from './support/browser.ts'
import { approveAll, openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => { world = await openOauthWorld() })
afterAll(() => world.close())
beforeEach(() => { world.decide = approveAll })

describe('the authorization code flow', () => {
  it('passes with openid-client: PKCE, state, iss, and a token that says what was approved', async () => {
    const config = await openid.discovery(new URL(world.issuer), 'pr-reviewer', undefined, openid.None(), { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' })
    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: 'http://127.0.0.1:4711/callback', scope: 'github:pulls:read slack:chat:write', state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    })
    const answer = await new Browser(world.issuer).toClient(url.href)
    expect(answer.searchParams.get('iss')).toBe(world.issuer)
    const tokens = await openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: state })
    const keys = createLocalJWKSet(world.oauth.verification.jwks() as Parameters<typeof createLocalJWKSet>[0])
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, { issuer: world.issuer, audience: world.issuer, typ: 'at+jwt' })
    const [granted] = world.desk.all
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toMatchObject({
      sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com', name: 'Alice Chen' }, client_id: 'pr-reviewer', postern_profile: 'postern',
      dlg: granted?.delegation.id, sid: granted?.session.id, scope: 'github:pulls:read slack:chat:write',
    })
    expect(tokens.scope).toBe('github:pulls:read slack:chat:write')
    expect(tokens.expires_in).toBe(600)
    expect(tokens.refresh_token).toBeTypeOf('string')
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(decodeJwt(refreshed.access_token)['sid']).toBe(granted?.session.id)
    expect(REDIRECT).toBe('http://127.0.0.1/callback')
    expect(world.errors).toEqual([])
  })
})
