import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLocalJWKSet, importPKCS8, jwtVerify, UnsecuredJWT } from 'jose'
import type { JSONWebKeySet } from 'jose'
import * as openid from 'openid-client'
import { assertion, codeFor, post, redeem, refresh, tokensOf } from './support/client.ts'
import type { Answered, Parameters } from './support/client.ts'
import { agent, openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => {
  world = await openOauthWorld()
  const publicKeyPem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  for (const one of [agent('other-signer', { publicKeyPem })]) world.agents.set(one.id, one)
})
afterAll(() => world.close())

function credentials(parameters: Parameters): Promise<Answered> {
  return post(world, '/oauth2/token', { grant_type: 'client_credentials', ...parameters })
}

describe('an agent that acts for itself', () => {
  it('gets a token that names nobody else, with openid-client and a signed assertion', async () => {
    const key = await importPKCS8(world.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'ES256')
    const config = await openid.discovery(new URL(world.issuer), 'release-notes', undefined, openid.PrivateKeyJwt(key), { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' })
    const tokens = await openid.clientCredentialsGrant(config)
    const { payload } = await jwtVerify(tokens.access_token, createLocalJWKSet(world.oauth.verification.jwks() as unknown as JSONWebKeySet), { issuer: world.issuer, audience: world.issuer, typ: 'at+jwt' })
    expect(Object.keys(payload).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sub'])
    expect(payload).toMatchObject({ sub: 'agent:release-notes', client_id: 'release-notes' })
    expect(tokens.refresh_token).toBeUndefined()
    expect(world.audit.of('token.issued').at(-1)).toMatchObject({ agent: { id: 'agent:release-notes' }, scopes: [], outcome: 'ok' })
  })

  it('does so only where a rule of the organisation lets it, and only after it has proved itself', async () => {
    const publicClient = await credentials({ client_id: 'pr-reviewer' })
    expect({ status: publicClient.status, body: publicClient.body }).toEqual({ status: 400, body: { error: 'unauthorized_client', error_description: 'a client that has not proved to be its agent cannot act for itself' } })
    const unproved = await credentials({ client_id: 'release-notes' })
    expect({ status: unproved.status, error: unproved.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    const forbidden = await openOauthWorld({ overrides: { mayActForItself: () => false } })
    const refused = await post(forbidden, '/oauth2/token', { grant_type: 'client_credentials', ...await assertion(forbidden) })
    await forbidden.close()
    expect(refused.body).toEqual({ error: 'unauthorized_client', error_description: 'no rule of the organisation lets this agent act for itself' })
    expect(forbidden.audit.of('token.denied').at(-1)).toMatchObject({ agent: { id: 'agent:release-notes' }, outcome: 'denied', reason: 'unauthorized_client: no rule of the organisation lets this agent act for itself' })
  })

  it('asks for no scope', async () => {
    expect((await credentials({ ...await assertion(world), scope: 'github:pulls:read' })).body['error']).toBe('invalid_scope')
  })

  it('gets none for what is not ours', async () => {
    expect((await credentials({ ...await assertion(world), resource: 'https://evil.example' })).body['error']).toBe('invalid_target')
    expect((await credentials({ ...await assertion(world), resource: `${world.issuer}/v1` })).body['error']).toBe('invalid_target')
  })
})

describe('a client assertion', () => {
  const nowS = (): number => Math.floor(Date.now() / 1000)

  it.each([
    ['of another issuer', () => ({ iss: 'pr-reviewer' })],
    ['for another server', () => ({ aud: 'https://evil.example' })],
    ['for us and for another', () => ({ aud: [world.issuer, 'https://evil.example'] })],
    ['that is over', () => ({ exp: nowS() - 60 })],
    ['without an end', () => ({ exp: undefined })],
    ['that lives for a day', () => ({ exp: nowS() + 86_400 })],
    ['without a name', () => ({ jti: undefined })],
  ])('is refused: %s', async (_name, claims) => {
    const answered = await credentials(await assertion(world, claims()))
    expect({ status: answered.status, error: answered.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('is refused where another key signed it', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect((await credentials(await assertion(world, {}, privateKey))).status).toBe(401)
  })

  it('is refused where it names another agent: each proves itself alone', async () => {
    expect((await credentials(await assertion(world, { iss: 'other-signer', sub: 'other-signer' }))).status).toBe(400)
    expect((await credentials({ ...await assertion(world, { iss: 'other-signer', sub: 'other-signer' }), client_id: 'other-signer' })).status).toBe(401)
  })

  it('is refused unsigned (alg none), and signed by a public key as by a shared secret', async () => {
    const claims = { iss: 'release-notes', sub: 'release-notes', aud: world.issuer, jti: 'none', exp: nowS() + 60 }
    const none = await credentials({ ...await assertion(world), client_assertion: new UnsecuredJWT(claims).encode() })
    expect({ status: none.status, error: none.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('is good once, also for those who show it at the same time', async () => {
    const once = await assertion(world)
    tokensOf({ ...await credentials(once) })
    const again = await credentials(once)
    expect({ status: again.status, error: again.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    const other = await assertion(world)
    const answers = await Promise.all(Array.from({ length: 8 }, () => credentials(other)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('is asked for at each step: no code and no refresh without', async () => {
    const code = await codeFor(world, { client_id: 'release-notes' })
    expect((await redeem(world, code, { client_id: 'release-notes' })).status).toBe(401)
    const tokens = tokensOf(await redeem(world, code, await assertion(world)))
    expect((await refresh(world, tokens.refresh, { client_id: 'release-notes' })).status).toBe(401)
    tokensOf(await refresh(world, tokens.refresh, await assertion(world)))
  })
})
