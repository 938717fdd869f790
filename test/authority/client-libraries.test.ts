import { generateKeyPairSync } from 'node:crypto'
import { importPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REDIRECT, startAuthorityWorld, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { call, claimsOf, outcome, PULL } from './support/calls.ts'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

let world: AuthorityWorld
let alice: WorldBrowser
beforeAll(async () => {
  const publicPem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text) => text.replace(/(id: "agent:release-notes", .*), redirect_uris/, `$1, public_key: ${JSON.stringify(publicPem)}, redirect_uris`),
  })
  alice = await world.signedIn('alice')
})
afterAll(() => world.close())

const DETAILS = JSON.stringify([{ type: 'postern', integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/*'] }])
const CONTENTS = '/github/repos/acme-corp/backend/contents/README.md'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe('openid-client', () => {
  const discover = (clientId = 'pr-reviewer', authentication = openid.None()): Promise<openid.Configuration> =>
    openid.discovery(new URL(world.url), clientId, undefined, authentication, { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' })

  interface Flow { readonly pkceCodeVerifier: string, readonly expectedState: string, readonly parameters: Record<string, string> }
  const flow = async (): Promise<Flow> => {
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier)
    return { pkceCodeVerifier, expectedState, parameters: { redirect_uri: REDIRECT, state: expectedState, code_challenge, code_challenge_method: 'S256', authorization_details: DETAILS } }
  }
  const approve = async (url: URL): Promise<URL> => (await alice.ask(url.href)).answer('approve')

  it('gets tokens by code and PKCE, calls, refreshes narrower, looks at what they are worth, and ends them', async () => {
    const config = await discover()
    const { parameters, ...checks } = await flow()
    const tokens = await openid.authorizationCodeGrant(config, await approve(openid.buildAuthorizationUrl(config, parameters)), checks)
    expect([await outcome(world, tokens.access_token), await outcome(world, tokens.access_token, CONTENTS)]).toEqual(['200', '200'])
    const narrower = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope: 'github:pulls:read' })
    expect(narrower.scope).toBe('github:pulls:read')
    expect([await outcome(world, narrower.access_token), await outcome(world, narrower.access_token, CONTENTS)]).toEqual(['200', '403 consent_required'])
    await expect(openid.refreshTokenGrant(config, narrower.refresh_token ?? '', { scope: 'github:pulls:write' })).rejects.toMatchObject({ error: 'invalid_scope' })
    expect(await openid.tokenIntrospection(config, narrower.access_token)).toMatchObject({ active: true, sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com' }, scope: 'github:pulls:read' })
    await openid.tokenRevocation(config, narrower.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
    expect(await outcome(world, narrower.access_token)).toMatch(/^403 (session_ended|delegation_revoked)$/)
  })

  it('pushes its request, has its tokens bound to a DPoP key, and calls in reverse mode with proofs', async () => {
    const config = await discover()
    const dpop = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const { parameters, ...checks } = await flow()
    const pushed = await openid.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: dpop })
    expect([...pushed.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const tokens = await openid.authorizationCodeGrant(config, await approve(pushed), checks, undefined, { DPoP: dpop })
    expect(claimsOf(tokens.access_token)['cnf']).toEqual({ jkt: await dpop.calculateThumbprint() })
    const proven = (method = 'GET'): Promise<Response> =>
      openid.fetchProtectedResource(config, tokens.access_token, new URL(`http://127.0.0.1:${world.port}${PULL}`), method, undefined, undefined, { DPoP: dpop })
    const answered = await proven()
    expect([answered.status, await answered.json()]).toEqual([200, expect.objectContaining({ number: 42 })])
    expect(await outcome(world, tokens.access_token)).toBe('401 token_invalid')
    const other = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP: other })).rejects.toMatchObject({ error: 'invalid_grant' })
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP: dpop })
    expect(claimsOf(renewed.access_token)['cnf']).toEqual(claimsOf(tokens.access_token)['cnf'])
  })

  it('has a person approve on another device', async () => {
    const config = await discover()
    const started = await openid.initiateDeviceAuthorization(config, { scope: 'github:pulls:read' })
    await alice.get(started.verification_uri_complete ?? '')
    await alice.submit()
    expect(alice.text()).toContain(started.user_code)
    await alice.submit({ answer: 'approve' })
    const onward = alice.onward() ?? ''
    await alice.get(new URL(onward, world.url).href)
    expect(alice.text()).toContain('The device has your approval')
    const tokens = await openid.pollDeviceAuthorizationGrant(config, started)
    expect(await outcome(world, tokens.access_token)).toBe('200')
    expect(await outcome(world, tokens.access_token, CONTENTS)).toBe('403 consent_required')
  })

  it('lets an agent with a key act for itself, where a rule of the organisation says so, and no other', async () => {
    const config = await discover('release-notes', openid.PrivateKeyJwt(await importPKCS8(keyPem, 'ES256')))
    const tokens = await openid.clientCredentialsGrant(config)
    expect(tokens.refresh_token).toBeUndefined()
    const answered = await call(world, tokens.access_token)
    expect([answered.status, JSON.parse(answered.body)]).toEqual([200, expect.objectContaining({ number: 42 })])
    expect(await outcome(world, tokens.access_token, '/github/repos/acme-corp/backend/issues/1')).toBe('403 policy_denied')
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, sub: 'agent:release-notes' })
    const own = await world.recorded(({ event, agent }) => event === 'api.call' && (agent as { id: string }).id === 'agent:release-notes')
    expect(own).toMatchObject({ policy_evaluation: { user_consent: 'not_applicable' } })
    expect(own['user']).toBeUndefined()
    await expect(openid.clientCredentialsGrant(await discover())).rejects.toMatchObject({ error: 'unauthorized_client' })
  })
})

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const client: oauth.Client = { client_id: 'pr-reviewer' }
  const discovered = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(world.url)
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
  }

  it('exchanges its token for a stand-in, uses that at the base URL it was told, introspects and revokes', async () => {
    const server = await discovered()
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const url = new URL(server.authorization_endpoint ?? '')
    const parameters = { client_id: 'pr-reviewer', response_type: 'code', redirect_uri: REDIRECT, state, code_challenge_method: 'S256', authorization_details: DETAILS }
    for (const [name, value] of Object.entries({ ...parameters, code_challenge: await oauth.calculatePKCECodeChallenge(verifier) })) url.searchParams.set(name, value)
    const back = oauth.validateAuthResponse(server, client, await (await alice.ask(url.href)).answer('approve'), state)
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), back, REDIRECT, verifier, insecure))
    const asked = new URLSearchParams({ subject_token: tokens.access_token, subject_token_type: ACCESS_TOKEN, resource: 'github', scope: 'pulls:read', target: 'acme-corp/backend' })
    const exchanged = await oauth.processGenericTokenEndpointResponse(server, client, await oauth.genericTokenEndpointRequest(server, client, oauth.None(), EXCHANGE, asked, insecure))
    expect(exchanged).toMatchObject({ token_type: 'bearer', issued_token_type: ACCESS_TOKEN, base_url: `http://127.0.0.1:${world.port}/github`, delivery: 'proxied' })
    const use = async (path: string): Promise<number> => (await oauth.protectedResourceRequest(exchanged.access_token, 'GET', new URL(`${String(exchanged['base_url'])}${path}`), undefined, undefined, insecure)).status
    expect([await use('/repos/acme-corp/backend/pulls/42'), await use('/repos/acme-corp/frontend/pulls/7')]).toEqual([200, 403])
    const told = await oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, oauth.None(), exchanged.access_token, insecure))
    expect(told).toMatchObject({ active: true, postern_use: 'stand_in', dlg: claimsOf(tokens.access_token)['dlg'] })
    const foreign = await oauth.processIntrospectionResponse(server, { client_id: 'issue-triage' }, await oauth.introspectionRequest(server, { client_id: 'issue-triage' }, oauth.None(), exchanged.access_token, insecure))
    expect(foreign).toEqual({ active: false })
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, oauth.None(), tokens.access_token, insecure))
    expect(await use('/repos/acme-corp/backend/pulls/42')).toBe(403)
  })
})
