import { generateKeyPairSync, randomUUID, type KeyObject, type X509Certificate } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { authenticatedClient, type ClientAuthenticationDependencies } from '../../src/authority/token-status/client-authentication.ts'
import type { OauthAgent } from '../../src/authority/oauth/oauth-dependencies.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { AgentId } from '../../src/model/ids.ts'
import { MemoryShortLived } from '../connections/memory-short-lived.ts'

const ISSUER = 'https://postern.acme.com'
const ENDPOINT = '/oauth2/introspect'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function agent(name: string, wish: Partial<OauthAgent> = {}): OauthAgent {
  return {
    id: `agent:${name}` as AgentId, name, owner: undefined, status: 'active', redirectUris: [], publicKeyPem: undefined, spiffeId: undefined, subject: undefined, ...wish,
  }
}

const AGENTS = [
  agent('public'), agent('revoked', { status: 'revoked' }),
  agent('keyed', { publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }),
  agent('certified', { spiffeId: 'spiffe://acme.com/agents/certified' }),
]

function deps(clientCertificates = false): ClientAuthenticationDependencies {
  return {
    issuer: ISSUER, clientCertificates, shortLived: new MemoryShortLived(systemClock), clock: systemClock,
    agents: { agent: (id) => AGENTS.find((one) => one.id === id) },
  }
}

async function assertion(claims: Record<string, unknown> = {}, key: KeyObject = privateKey, lifetimeS = 60): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000)
  return new SignJWT({ iss: 'keyed', sub: 'keyed', aud: ISSUER, jti: randomUUID(), exp: nowS + lifetimeS, ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(key)
}

function form(fields: Record<string, string>): URLSearchParams {
  return new URLSearchParams({ token: 't', ...fields })
}

const TYPE = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }

async function asks(fields: Record<string, string>, certificate?: X509Certificate, given = deps()): Promise<string | undefined> {
  return authenticatedClient({ form: form(fields), endpoint: ENDPOINT, certificate }, given)
}

describe('a client at introspection and revocation', () => {
  test('that is public names itself', async () => {
    expect(await asks({ client_id: 'public' })).toBe('public')
  })

  test.each<[string, Record<string, string>]>([
    ['is not registered', { client_id: 'nobody' }],
    ['is revoked', { client_id: 'revoked' }],
    ['says nothing', {}],
    ['brings a secret, of which there are none', { client_id: 'public', client_secret: 'x' }],
    ['is public and signs', { client_id: 'public', ...TYPE, client_assertion: 'x.y.z' }],
    ['has a key and only names itself', { client_id: 'keyed' }],
  ])('that %s is refused', async (_, fields) => {
    expect(await asks(fields)).toBeUndefined()
  })

  test('that has a key signs with it, for us, once', async () => {
    const given = deps()
    const signed = { ...TYPE, client_assertion: await assertion() }
    expect(await asks(signed, undefined, given)).toBe('keyed')
    expect(await asks(signed, undefined, given)).toBeUndefined()
    expect(await asks({ ...TYPE, client_assertion: await assertion({ aud: `${ISSUER}${ENDPOINT}` }) })).toBe('keyed')
    // As long as at the token endpoint.
    expect(await asks({ ...TYPE, client_assertion: await assertion({}, privateKey, 590) })).toBe('keyed')
  })

  test.each<[string, () => Promise<string>]>([
    ['with another key', () => assertion({}, other.privateKey)],
    ['for another audience', () => assertion({ aud: 'https://elsewhere.example' })],
    ['of another issuer', () => assertion({ iss: 'public' })],
    ['that is over', () => assertion({}, privateKey, -120)],
    ['that lives for eleven minutes', () => assertion({}, privateKey, 660)],
    ['that lives for a day', () => assertion({}, privateKey, 86_400)],
    ['without a name of its own', () => assertion({ jti: undefined })],
    ['without a signature', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion()).split('.')[1] ?? ''}.`],
  ])('an assertion %s is refused', async (_, make) => {
    expect(await asks({ ...TYPE, client_assertion: await make() })).toBeUndefined()
  })

  test('that has a certificate shows it where it can be verified', async () => {
    expect(await asks({ client_id: 'certified' }, undefined, deps(true))).toBeUndefined()
    expect(await asks({ client_id: 'certified' }, undefined, deps(false))).toBe('certified')
    expect(await asks({ client_id: 'public' }, undefined, deps(true))).toBe('public')
  })
})
