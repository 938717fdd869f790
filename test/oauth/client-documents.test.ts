import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeJwt } from 'jose'
import type { ClientRequest } from '../../src/authority/oauth/contract.ts'
import type { UpstreamRequest, UpstreamResponse } from '../../src/integrations/upstream-http.ts'
import { Browser } from './support/browser.ts'
import { assertion, authorizeUrl, codeFor, post, redeem, refresh, tokensOf } from './support/client.ts'
import { agent, openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

const URL_OF_CLIENT = 'https://agents.example.com/assistant.json'
let world: OauthWorld
let fetched: UpstreamRequest[] = []
let documents: Record<string, Record<string, unknown> | UpstreamResponse> = {}

async function http(request: UpstreamRequest): Promise<UpstreamResponse> {
  fetched.push(request)
  const document = documents[request.url]
  if (document === undefined) return { status: 404, headers: {}, body: '' }
  return 'body' in document ? document as unknown as UpstreamResponse : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) }
}

beforeAll(async () => {
  world = await openOauthWorld({ overrides: { metadataHosts: ['agents.example.com', 'keyed.example.com', 'nobody.example.com'], mayActForItself: () => true, http } })
  for (const name of ['agents.example.com', 'other.example.com']) {
    const one = agent(name, { redirectUris: [] })
    world.agents.set(one.id, one)
  }
})
afterAll(() => world.close())
beforeEach(() => { fetched = [] })

const document = (url: string, more: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ client_id: url, client_name: 'Call me PR-REVIEWER', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], ...more })

/** Keys that a document names for itself. */
function documentKeys(): { readonly privateKey: KeyObject; readonly jwks: object } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] } }
}

function open(url: string): Promise<Response> {
  return new Browser(world.issuer).open(authorizeUrl(world, { client_id: url }))
}

describe('a client that names itself by the URL of its metadata', () => {
  it('is the agent that is registered under its host: by our name, not by its own', async () => {
    documents = { [URL_OF_CLIENT]: document(URL_OF_CLIENT) }
    const tokens = tokensOf(await redeem(world, await codeFor(world, { client_id: URL_OF_CLIENT }), { client_id: URL_OF_CLIENT }))
    expect(decodeJwt(tokens.access)).toMatchObject({ sub: 'agent:agents.example.com', client_id: URL_OF_CLIENT })
    tokensOf(await refresh(world, tokens.refresh, { client_id: URL_OF_CLIENT }))
    expect(fetched).toEqual([{ method: 'GET', url: URL_OF_CLIENT, headers: { accept: 'application/json' } }])
    expect(world.audit.of('delegation.requested').at(-1)?.agent).toEqual({ id: 'agent:agents.example.com', name: 'AGENTS.EXAMPLE.COM' })
  })

  it('is refused as soon as the agent is revoked, also from the cache', async () => {
    documents = { [URL_OF_CLIENT]: document(URL_OF_CLIENT) }
    const tokens = tokensOf(await redeem(world, await codeFor(world, { client_id: URL_OF_CLIENT }), { client_id: URL_OF_CLIENT }))
    const known = world.agents.get('agent:agents.example.com')
    if (known === undefined) throw new Error('no agent')
    world.agents.set(known.id, { ...known, status: 'revoked' })
    expect((await refresh(world, tokens.refresh, { client_id: URL_OF_CLIENT })).body['error']).toBe('invalid_client')
    expect((await open(URL_OF_CLIENT)).status).toBe(400)
    world.agents.set(known.id, known)
  })

  it.each([
    ['a host that is not configured, although an agent has its name', 'https://other.example.com/a.json'],
    ['a host without a registered agent', 'https://nobody.example.com/a.json'],
    ['another port', 'https://agents.example.com:8443/a.json'],
    ['a longer host', 'https://agents.example.com.evil.example/a.json'],
    ['a user in front', 'https://agents.example.com@evil.example/a.json'],
    ['plain http', 'http://agents.example.com/a.json'],
    ['an address', 'https://169.254.169.254/latest'],
    ['a URL without end', `https://agents.example.com/${'a'.repeat(600)}`],
  ])('is not even fetched: %s', async (_name, url) => {
    documents = { [url]: document(url) }
    expect((await open(url)).status).toBe(400)
    expect(fetched).toEqual([])
  })

  it.each([
    ['another client’s document', () => document('https://agents.example.com/other.json')],
    ['a shared secret', (url: string) => document(url, { token_endpoint_auth_method: 'client_secret_basic', client_secret: 'x' })],
    ['answers by form', (url: string) => document(url, { response_modes: ['form_post'] })],
    ['no redirect URI', (url: string) => document(url, { redirect_uris: [] })],
    ['scripts for redirect URIs', (url: string) => document(url, { application_type: 'native', redirect_uris: ['javascript:alert(1)'] })],
    ['too much of everything', (url: string) => document(url, { client_name: 'x'.repeat(20_000) })],
    ['a redirect', () => ({ status: 302, headers: { location: 'https://evil.example' }, body: '' })],
    ['no JSON', () => ({ status: 200, headers: {}, body: '<html>' })],
  ])('is refused with a document of %s', async (name, make) => {
    const url = `https://agents.example.com/${encodeURIComponent(name)}.json`
    documents = { [url]: make(url) }
    const response = await open(url)
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({ status: 400, location: null })
  })

  it('is not an agent that is registered with a key, which nobody can do without', async () => {
    const one = agent('keyed.example.com', { redirectUris: [], publicKeyPem: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString() })
    world.agents.set(one.id, one)
    const url = 'https://keyed.example.com/assistant.json'
    documents = { [url]: document(url) }
    expect((await open(url)).status).toBe(400)
    expect(fetched).toEqual([])
  })

  it('proves by its keys that it is this document, and not that it is its agent', async () => {
    const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
    const seen: ClientRequest[] = []
    world.oauth.registerGrantType({
      name: EXCHANGE, parameters: ['subject_token'], repeatable: [],
      answer: async (request) => {
        seen.push(request)
        return { status: 200, body: {} }
      },
    })
    const url = 'https://agents.example.com/uploads/anybody.json'
    const { privateKey, jwks } = documentKeys()
    documents = { [url]: document(url, { token_endpoint_auth_method: 'private_key_jwt', jwks, grant_types: ['authorization_code', EXCHANGE] }) }
    const shown = { ...await assertion(world, { iss: url, sub: url }, privateKey), client_id: url }
    expect((await post(world, '/oauth2/token', { grant_type: EXCHANGE, subject_token: 't', ...shown })).status).toBe(200)
    expect(seen).toMatchObject([{ clientId: url, agent: 'agent:agents.example.com', authenticated: false }])
  })

  it('does not act for itself by its own keys: what its agent may do, it has not proved to be', async () => {
    const url = 'https://agents.example.com/uploads/robot.json'
    const { privateKey, jwks } = documentKeys()
    documents = { [url]: document(url, { token_endpoint_auth_method: 'private_key_jwt', jwks, grant_types: ['authorization_code', 'client_credentials'] }) }
    const shown = { ...await assertion(world, { iss: url, sub: url }, privateKey), client_id: url }
    expect((await post(world, '/oauth2/token', { grant_type: 'client_credentials', ...shown })).body['error']).toBe('unauthorized_client')
  })

  it('proves itself by keys of a configured host alone', async () => {
    const url = 'https://agents.example.com/keys.json'
    documents = { [url]: document(url, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://evil.example/jwks' }) }
    const code = await codeFor(world, { client_id: url })
    const none = await redeem(world, code, { client_id: url })
    expect({ status: none.status, error: none.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    expect(fetched.map((request) => request.url)).toEqual([url])
  })
})
