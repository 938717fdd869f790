import { clientFields } from '../../src/sdk/oauth/client-auth.ts'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenVerifier, type TokenVerifier } from '../../src/sdk/mcp/token-verifier.ts'
import { BrowserApi, claimsOf, openStream, outcome, READ_PULLS, READ_TICKETS, TICKET_RULES } from '../authority/support/calls.ts'
import { OauthAgent, REDIRECT, type TokenAnswer, type WorldBrowser } from '../support/authority-world.ts'
import { policiesWith } from '../support/policies.ts'
import { LATE_RESOURCE, LATE_SERVER, startMcpWorld, type McpWorld } from './mcp-world.ts'

let world: McpWorld
let alice: WorldBrowser
let operator: BrowserApi
beforeAll(async () => {
  world = await startMcpWorld({ personAuthority: false, policies: policiesWith(TICKET_RULES) })
  alice = await world.signedIn('alice')
  operator = await BrowserApi.of(await world.signedIn('olga'))
}, 40_000)
afterAll(() => world.close())

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** A token of an agent's for this resource, approved by Alice. */
async function tokenFor(resource: string | undefined, clientId = 'pr-reviewer', headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const agent = new OauthAgent(world.url, clientId)
  const details = JSON.stringify([READ_PULLS, READ_TICKETS].map((detail) => ({ type: 'postern', ...detail })))
  await alice.ask(agent.authorizationUrl({ authorization_details: details, ...(resource === undefined ? {} : { resource }) }))
  const code = (await alice.answer('approve')).searchParams.get('code') ?? ''
  const answer = await fetch(`${world.url}/oauth2/token`, {
    method: 'POST', headers,
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: REDIRECT, code_verifier: agent.verifier }),
  })
  const body = await answer.json() as Record<string, unknown>
  if (answer.status !== 200) throw new Error(`no token: ${JSON.stringify(body)}`)
  return String(body['access_token'])
}

function verifier(server: 'review-tools' | 'other-tools' = 'review-tools', resource = world.resource, live = true): TokenVerifier {
  return createTokenVerifier({ authorityUrl: world.url, clientId: server, clientAuth: { method: 'private_key_jwt', key: world.serverKeys[server] }, resource, live })
}

/** A stand-in that the server got for a caller's token. */
async function standIn(token: string, integration = 'github'): Promise<string> {
  return (await world.postern('review-tools').require(integration, token)).accessToken
}

/** The token endpoint, to a client that only names itself. */
function exchangeAs(clientId: string, token: string, more: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
  return new OauthAgent(world.url, clientId).token({ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, resource: 'github', ...more })
}

describe('a token for an MCP server', () => {
  it('is taken by that server, and tells who calls, for whom, until when', async () => {
    const token = await tokenFor(world.resource)
    expect(claimsOf(token)).toMatchObject({ aud: world.resource, sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com' }, postern_profile: 'postern' })
    expect(await verifier().verifyAccessToken(token)).toMatchObject({
      token, clientId: 'pr-reviewer', scopes: ['github:pulls:read', 'tickets:tickets:read'], resource: new URL(world.resource), expiresAt: claimsOf(token)['exp'],
      extra: { agent: 'agent:pr-reviewer', person: 'user:alice@acme.com', delegation: claimsOf(token)['dlg'], session: claimsOf(token)['sid'] },
    })
  })

  it('is taken by nobody else: no other server, not the proxy, not the API, not in another exchange', async () => {
    const token = await tokenFor(world.resource)
    await expect(verifier('review-tools', world.secondResource).verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid', message: /not for this server/ })
    await expect(verifier('other-tools', world.otherResource).verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid' })
    expect(await outcome(world, token)).toBe('401 token_invalid')
    expect((await fetch(`${world.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
    await expect(world.postern('other-tools').require('github', token)).rejects.toMatchObject({ code: 'token_invalid' })
    expect(await exchangeAs('pr-reviewer', token)).toMatchObject({ status: 400, body: { code: 'token_invalid' } })
    expect(await exchangeAs('issue-triage', token)).toMatchObject({ status: 400, body: { code: 'token_invalid' } })
  })

  it('becomes a stand-in for its server: for the caller’s bounds alone, named in the token and on record', async () => {
    const github = await standIn(await tokenFor(world.resource))
    expect(claimsOf(github)).toMatchObject({
      aud: world.url, sub: 'agent:pr-reviewer', postern_use: 'stand_in', postern_via: 'agent:review-tools', client_id: 'review-tools', integration: 'github',
    })
    expect(await outcome(world, github)).toBe('200')
    expect(await outcome(world, github, '/github/repos/acme-corp/backend/pulls/42/reviews', 'POST', { body: '{"event":"COMMENT","body":"x"}' })).toBe('403 consent_required')
    expect(await outcome(world, github, '/tickets/v1/tickets/T-1')).toMatch(/^40[13] proof_mismatch$/)
    const records = (await world.records()).filter(({ via }) => via === 'agent:review-tools')
    expect(records.map(({ event }) => event)).toEqual(expect.arrayContaining(['token.issued', 'credential.issued', 'api.started', 'api.call', 'api.denied']))
    expect(new Set(records.map(({ agent }) => (agent as { id: string }).id))).toEqual(new Set(['agent:pr-reviewer']))
  })

  it('gives its server no more than stand-ins: no secret of the session, no released credential', async () => {
    const token = await tokenFor(world.resource)
    const { assertion } = clientAssertion()
    const session = await fetch(`${world.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams({
      grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, requested_token_type: 'urn:postern:params:oauth:token-type:session', ...assertion,
    }) })
    expect([session.status, await session.json()]).toEqual([400, expect.objectContaining({ code: 'proof_mismatch' })])
    await expect(world.postern('review-tools').require('github', token, { delivery: 'released', scope: 'pulls:read', target: 'acme-corp/backend' }))
      .rejects.toMatchObject({ code: 'release_refused' })
  })
})

/** What `private_key_jwt` of the server sends. */
function clientAssertion(): { readonly assertion: Record<string, string> } {
  return { assertion: { ...clientFields('review-tools', { method: 'private_key_jwt', key: world.serverKeys['review-tools'] }, world.url, Date.now()) } }
}

describe('what is not for the server', () => {
  it('is refused by it: a token for the authority, a stand-in, another server’s token', async () => {
    const own = await tokenFor(undefined)
    const github = await standIn(await tokenFor(world.resource))
    for (const token of [own, github, await tokenFor(world.otherResource)]) {
      await expect(verifier().verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid' })
      await expect(verifier('review-tools', world.resource, false).verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid' })
    }
    // nor does the authority trade them for it
    await expect(world.postern('review-tools').require('github', own)).rejects.toMatchObject({ code: 'proof_mismatch' })
    await expect(world.postern('review-tools').require('github', github)).rejects.toMatchObject({ code: 'token_invalid' })
  })

  it('a stand-in is not renewed by itself, by its server or by the agent', async () => {
    const github = await standIn(await tokenFor(world.resource))
    expect(await exchangeAs('pr-reviewer', github)).toMatchObject({ status: 400, body: { code: 'token_invalid' } })
  })

  it('a token that is bound to its holder’s key is not traded by the server', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const proof = await new SignJWT({ htm: 'POST', htu: `${world.url}/oauth2/token`, jti: crypto.randomUUID() })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).setIssuedAt().sign(privateKey)
    const bound = await tokenFor(world.resource, 'pr-reviewer', { DPoP: proof })
    expect(claimsOf(bound)).toMatchObject({ cnf: { jkt: await calculateJwkThumbprint(jwk) } })
    await expect(world.postern('review-tools').require('github', bound)).rejects.toMatchObject({ code: 'proof_mismatch', message: /bound to a key is exchanged by its holder alone/ })
    await expect(verifier().verifyAccessToken(bound)).rejects.toMatchObject({ code: 'token_invalid' })
  })

  it('a server that does not prove itself gets nothing', async () => {
    const token = await tokenFor(world.resource)
    expect(await exchangeAs('review-tools', token)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    const post = (path: string, form: Record<string, string>): Promise<TokenAnswer> => new OauthAgent(world.url, 'review-tools').post(path, form)
    expect(await post('/oauth2/introspect', { token })).toMatchObject({ status: 401 })
    // one that was registered without a key only names itself
    expect((await operator.post('/v1/agents', { id: `agent:${LATE_SERVER}`, name: 'Late tools', owner: 'team-platform', redirect_uris: [REDIRECT] })).status).toBe(201)
    const late = await tokenFor(LATE_RESOURCE)
    expect(await exchangeAs(LATE_SERVER, late)).toMatchObject({ status: 400, body: { code: 'proof_mismatch', error_description: expect.stringMatching(/only with a key or a certificate/) } })
    expect((await new OauthAgent(world.url, LATE_SERVER).post('/oauth2/introspect', { token: late })).body).toEqual({ active: false })
    expect(() => createTokenVerifier({ authorityUrl: world.url, clientId: LATE_SERVER, resource: LATE_RESOURCE })).toThrow(/live check needs clientAuth/)
  })

  it('another server learns nothing of the token by introspection, and cannot end its session', async () => {
    const token = await tokenFor(world.resource)
    await expect(createTokenVerifier({
      authorityUrl: world.url, clientId: 'other-tools', clientAuth: { method: 'private_key_jwt', key: world.serverKeys['other-tools'] }, resource: world.resource,
    }).verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid' })
    const { assertion } = clientAssertion()
    const github = await standIn(token)
    const revoked = await fetch(`${world.url}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token: github, ...assertion }) })
    expect(revoked.status).toBe(400)
    expect(await verifier().verifyAccessToken(token)).toMatchObject({ clientId: 'pr-reviewer' })
  })
})

describe('signatures', () => {
  const header = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  it('of another algorithm, type, key or content are refused, whatever the header says', async () => {
    const token = await tokenFor(world.resource)
    const [, body = '', mark = ''] = token.split('.')
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const own = (more: Record<string, unknown>): Promise<string> =>
      new SignJWT(claimsOf(token)).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...more }).sign(privateKey)
    const hmac = await new SignJWT(claimsOf(token)).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: String(header(token)['kid']) })
      .sign(Buffer.from(await (await fetch(`${world.url}/oauth2/jwks`)).text()))
    const games = [
      `${encode({ ...header(token), alg: 'none' })}.${body}.`, `${encode({ ...header(token), alg: 'none' })}.${body}.${mark}`, hmac,
      `${encode({ ...header(token), typ: 'JWT' })}.${body}.${mark}`, `${encode({ ...header(token), crit: ['x'], x: 1 })}.${body}.${mark}`,
      await own({ kid: String(header(token)['kid']) }), await own({ kid: 'mine', jwk: await exportJWK(publicKey) }), await own({}), await own({ kid: 'x'.repeat(300) }),
      `${token.split('.')[0]}.${encode({ ...claimsOf(token), scope: 'github:administration:write' })}.${mark}`, `${token}.${mark}`, token.slice(0, -2), 'x', '', 'a.b.c', 'x'.repeat(20_000),
    ]
    for (const game of games) await expect(verifier('review-tools', world.resource, false).verifyAccessToken(game)).rejects.toMatchObject({ code: 'token_invalid' })
  })
})

describe('what is taken back', () => {
  it('the caller’s agent revoked: its token fails at the server at once, as what it is, also where the server does not ask first', async () => {
    const token = await tokenFor(world.resource, 'issue-triage')
    expect(await verifier().verifyAccessToken(token)).toMatchObject({ clientId: 'issue-triage' })
    await operator.post('/v1/agents/agent:issue-triage/revoke')
    await expect(verifier().verifyAccessToken(token)).rejects.toMatchObject({ code: 'agent_revoked' })
    expect(await verifier('review-tools', world.resource, false).verifyAccessToken(token)).toMatchObject({ clientId: 'issue-triage' })
    await expect(world.postern('review-tools').require('github', token)).rejects.toMatchObject({ code: 'agent_revoked' })
  })

  it('the session ended: its token fails at the server at once', async () => {
    const token = await tokenFor(world.resource)
    await operator.post(`/v1/delegations/${String(claimsOf(token)['dlg'])}/revoke`)
    await expect(verifier().verifyAccessToken(token)).rejects.toMatchObject({ code: 'token_invalid', message: /not good any more/ })
    await expect(world.postern('review-tools').require('github', token)).rejects.toMatchObject({ code: 'delegation_revoked' })
  })

  it('the server revoked: what it has is refused, its streams are cut, and it verifies nothing any more; the agent goes on', async () => {
    const token = await tokenFor(world.resource)
    const own = await tokenFor(undefined)
    const [github, tickets] = [await standIn(token), await standIn(token, 'tickets')]
    const [through, direct] = [await openStream(world, tickets), await openStream(world, own)]
    expect(await outcome(world, github)).toBe('200')
    const report = await operator.post('/v1/agents/agent:review-tools/revoke')
    expect(report).toMatchObject({ status: 200, body: { streams_cut: 1 } })
    await through.closed
    expect(await outcome(world, github)).toBe('403 agent_revoked')
    expect(await outcome(world, own)).toBe('200')
    expect(await direct.until(/data: [^\n]*\n/)).toContain('data: ')
    direct.close()
    await expect(verifier().verifyAccessToken(token)).rejects.toMatchObject({ code: 'invalid_client' })
    await expect(world.postern('review-tools').require('github', token)).rejects.toMatchObject({ code: 'agent_revoked' })
  })
})
