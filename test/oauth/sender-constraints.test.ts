import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey } from 'jose'
import * as oauth from 'oauth4webapi'
import { exportPrivateKey, makeLeaf, makeRootCa } from '../../src/lib/certificates.ts'
import type { CertifiedKey } from '../../src/lib/certificates.ts'
import { Browser } from './support/browser.ts'
import { authorizeUrl, codeFor, post, redeem, refresh, tokensOf, VERIFIER } from './support/client.ts'
import type { Answered, Parameters } from './support/client.ts'
import { agent, openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

interface ProofKey {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

async function proof(key: ProofKey, url: string, claims: Readonly<Record<string, unknown>> = {}): Promise<Record<string, string>> {
  const jwk = await exportJWK(key.publicKey)
  const jwt = await new SignJWT({ htm: 'POST', htu: url, jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(key.privateKey)
  return { DPoP: jwt }
}

describe('a DPoP-bound token', () => {
  let world: OauthWorld
  let url: string
  beforeAll(async () => {
    world = await openOauthWorld()
    url = `${world.issuer}/oauth2/token`
  })
  afterAll(() => world.close())

  it('passes with oauth4webapi, and names the key', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(world.issuer)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
    const client: oauth.Client = { client_id: 'pr-reviewer' }
    const keys = await oauth.generateKeyPair('ES256')
    const DPoP = oauth.DPoP(client, keys)
    const answer = await new Browser(world.issuer).toClient(authorizeUrl(world))
    const parameters = oauth.validateAuthResponse(server, client, answer, 'st4te')
    const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, REDIRECT, VERIFIER, { DPoP, ...insecure })
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    expect(tokens.token_type).toBe('dpop')
    expect(decodeJwt(tokens.access_token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() })
    const again = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token ?? '', { DPoP, ...insecure })
    expect(decodeJwt((await oauth.processRefreshTokenResponse(server, client, again)).access_token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() })
  })

  it('can be renewed with its key alone, also while the used refresh token is answered again', async () => {
    const [own, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
    const first = tokensOf(await redeem(world, await codeFor(world), {}, await proof(own, url)))
    expect((await refresh(world, first.refresh)).body['error']).toBe('invalid_grant')
    expect((await refresh(world, first.refresh, {}, await proof(other, url))).body['error']).toBe('invalid_grant')
    const second = tokensOf(await refresh(world, first.refresh, {}, await proof(own, url)))
    expect((await refresh(world, first.refresh, {}, await proof(other, url))).body['error']).toBe('invalid_grant')
    expect((await refresh(world, first.refresh)).body['error']).toBe('invalid_grant')
    const again = tokensOf(await refresh(world, first.refresh, {}, await proof(own, url)))
    expect(again.refresh).toBe(second.refresh)
    expect(decodeJwt(again.access)['cnf']).toEqual({ jkt: await calculateJwkThumbprint(await exportJWK(own.publicKey)) })
  })

  it('is not given for a proof that is for elsewhere, old, of another method, or shown before', async () => {
    const key = await generateKeyPair('ES256')
    const bad: readonly Readonly<Record<string, unknown>>[] = [{ htu: 'https://evil.example/oauth2/token' }, { htm: 'GET' }, { iat: 1 }, { jti: undefined }]
    for (const claims of bad) {
      const { body } = await redeem(world, await codeFor(world), {}, await proof(key, url, claims))
      expect(['invalid_dpop_proof', 'use_dpop_nonce']).toContain(body['error'])
    }
    const once = await proof(key, url)
    tokensOf(await redeem(world, await codeFor(world), {}, once))
    expect((await redeem(world, await codeFor(world), {}, once)).body['error']).toBe('invalid_grant')
  })

  it('believes the issuer’s own URL, whatever Host and X-Forwarded-Host say', async () => {
    const key = await generateKeyPair('ES256')
    const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    const { body } = await redeem(world, await codeFor(world), {}, { ...await proof(key, 'https://evil.example/oauth2/token'), ...forwarded })
    expect(body['error']).toBe('invalid_dpop_proof')
    tokensOf(await redeem(world, await codeFor(world), {}, { ...await proof(key, url), ...forwarded }))
  })

  it('binds the code, too, where the request was pushed with a proof', async () => {
    const [own, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
    const request = Object.fromEntries(new URL(authorizeUrl(world)).searchParams)
    const pushed = await post(world, '/oauth2/par', request, await proof(own, `${world.issuer}/oauth2/par`))
    const authorize = `${world.issuer}/oauth2/authorize?client_id=pr-reviewer&request_uri=${encodeURIComponent(String(pushed.body['request_uri']))}`
    const code = (await new Browser(world.issuer).toClient(authorize)).searchParams.get('code') ?? ''
    expect((await redeem(world, code, {}, await proof(other, url))).body['error']).toBe('invalid_grant')
  })
})

describe('a certificate-bound token', () => {
  const day = 86_400_000
  const times = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day }
  let world: OauthWorld
  let ca: CertifiedKey
  let reviewer: CertifiedKey
  let triage: CertifiedKey

  beforeAll(async () => {
    ca = await makeRootCa({ commonName: 'Test authority', ...times })
    const server = await makeLeaf({ commonName: 'localhost', dnsNames: ['localhost'], issuer: ca, usage: 'server', ...times })
    const client = (name: string): Promise<CertifiedKey> => makeLeaf({ commonName: name, organisation: 'Acme', uris: [`spiffe://acme.com/${name}`], issuer: ca, usage: 'client', ...times })
    reviewer = await client('pr-reviewer')
    triage = await client('issue-triage')
    world = await openOauthWorld({ tls: { cert: server.certificatePem, key: exportPrivateKey(server.privateKey), ca: ca.certificatePem }, overrides: { mayActForItself: () => true } })
    for (const one of [agent('pr-reviewer', { spiffeId: 'spiffe://acme.com/pr-reviewer' }), agent('by-subject', { subject: 'CN=issue-triage,O=Acme' })]) world.agents.set(one.id, one)
  })
  afterAll(() => world.close())

  /** The clients that are not ours take no certificates: Node's own does. */
  function token(parameters: Parameters, certificate?: CertifiedKey): Promise<Answered> {
    const body = new URLSearchParams(Object.entries(parameters).flatMap(([name, value]) => value === undefined ? [] : [[name, value] as [string, string]])).toString()
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${world.issuer}/oauth2/token`, {
        method: 'POST', ca: ca.certificatePem, agent: false, headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
        ...(certificate === undefined ? {} : { cert: certificate.certificatePem, key: exportPrivateKey(certificate.privateKey) }),
      }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
          .on('end', () => resolve({ status: response.statusCode ?? 0, headers: new Headers(), body: JSON.parse(text) as Record<string, unknown> }))
      })
      request.on('error', reject).end(body)
    })
  }

  const forItself = { grant_type: 'client_credentials', client_id: 'pr-reviewer' }

  it('is given to the agent that proves itself by its certificate, and names it', async () => {
    const answered = await token(forItself, reviewer)
    const { 'x5t#S256': thumbprint } = decodeJwt(tokensOf(answered).access)['cnf'] as Record<string, string>
    expect(thumbprint).toMatch(/^[\w-]{43}$/)
    const bySubject = await token({ ...forItself, client_id: 'by-subject' }, triage)
    expect(decodeJwt(tokensOf(bySubject).access)).toMatchObject({ sub: 'agent:by-subject' })
  })

  it('is not given without, with another agent’s certificate, or with one of nobody we trust', async () => {
    const strangers = await makeRootCa({ commonName: 'Somebody else', ...times })
    const forged = await makeLeaf({ commonName: 'pr-reviewer', uris: ['spiffe://acme.com/pr-reviewer'], issuer: strangers, usage: 'client', ...times })
    for (const certificate of [undefined, triage, forged]) {
      const { status, body } = await token(forItself, certificate)
      expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    }
    expect((await token({ ...forItself, client_id: 'by-subject' }, reviewer)).status).toBe(401)
  })

  it('is told of in the metadata', async () => {
    const metadata = await new Promise<string>((resolve, reject) => {
      httpsRequest(`${world.issuer}/.well-known/oauth-authorization-server`, { ca: ca.certificatePem, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve(text))
      }).on('error', reject).end()
    })
    expect(JSON.parse(metadata)).toMatchObject({
      tls_client_certificate_bound_access_tokens: true, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt', 'tls_client_auth'],
    })
  })
})
