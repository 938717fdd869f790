import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { Registry } from '../../src/authority/registry/registry.ts'
import type { RegisteredAgent, RegistryState } from '../../src/authority/registry/registered-agent.ts'
import { parseAgentId } from '../../src/model/ids.ts'
import type { PeerCertificate, Proofs } from '../../src/proxy/exchange.ts'
import { CachedKeySource } from '../../src/proxy/identify/cached-key-source.ts'
import { delegationTokenProfile } from '../../src/proxy/identify/delegation-claims.ts'
import { createIdentify } from '../../src/proxy/identify/identify.ts'
import type { Identify } from '../../src/proxy/identify/identify.ts'
import { serviceAccountProfile } from '../../src/proxy/identify/service-account-claims.ts'
import { TokenVerifier } from '../../src/proxy/identify/token-verifier.ts'
import type { TokenProfile } from '../../src/proxy/identify/token-profile.ts'

export const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
export const NOW_S = NOW_MS / 1000
export const ISSUER = 'https://postern.acme.com'
export const CLUSTER_ISSUER = 'https://kubernetes.default.svc'
export const AUDIENCE = 'https://postern.acme.com'
export const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0'
export const OTHER_THUMBPRINT = 'B4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0'

/** A clock that a test moves. */
export class TestClock {
  ms = 0
  nowMs(): number {
    return NOW_MS + this.ms
  }
  monotonicMs(): number {
    return this.ms
  }
}

export interface TestKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function testKey(kid: string, alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' } }
}

export function keySetText(...keys: readonly TestKey[]): string {
  return JSON.stringify({ keys: keys.map((key) => key.jwk) })
}

/** A key source whose text a test replaces. */
export class TestKeys {
  text: string
  reads = 0
  failing = false
  readonly clock = new TestClock()
  readonly problems: string[] = []
  readonly source: CachedKeySource

  constructor(text: string, times = { freshMs: 1000, keepMs: 60_000, retryMs: 1000, unknownKeyMs: 500, refreshBehind: false }) {
    this.text = text
    const read = (): Promise<string> => {
      this.reads += 1
      return this.failing ? Promise.reject(new Error('no answer')) : Promise.resolve(this.text)
    }
    this.source = new CachedKeySource({ name: 'test keys', read }, times, this.clock, (message) => this.problems.push(message))
  }
}

export function claims(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: ISSUER, aud: AUDIENCE, sub: 'agent:pr-reviewer', act: { sub: 'user:alice@acme.com', name: 'Alice Chen' },
    postern_profile: 'postern', jti: 'j-1', client_id: 'pr-reviewer', dlg: 'dlg_alice', sid: 'ses_1', iat: NOW_S, exp: NOW_S + 600,
    scope: 'github:pulls:read',
    authorization_details: [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }],
    ...overrides,
  }
}

export function serviceAccountClaims(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { iss: CLUSTER_ISSUER, aud: [AUDIENCE], sub: 'system:serviceaccount:agents:pr-reviewer', iat: NOW_S, exp: NOW_S + 3600, ...overrides }
}

/** Undefined values leave the claim or header out. */
export function sign(payload: Record<string, unknown>, key: TestKey, header: Record<string, unknown> = {}): Promise<string> {
  const protectedHeader = JSON.parse(JSON.stringify({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })) as { alg: string }
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>).setProtectedHeader(protectedHeader).sign(key.privateKey)
}

export function agentNamed(name: string, overrides: Partial<RegisteredAgent> = {}): RegisteredAgent {
  const id = parseAgentId(`agent:${name}`)
  if (id === undefined) throw new TypeError('no agent name')
  return {
    id, name, owner: undefined, status: 'active', spiffeId: `spiffe://acme.com/agents/${name}`, subject: `CN=${name},O=Acme`,
    serviceAccount: `system:serviceaccount:agents:${name}`, ...overrides,
  }
}

export const STATE: RegistryState = {
  agents: [agentNamed('pr-reviewer'), agentNamed('deployer'), agentNamed('retired', { status: 'revoked' })],
  revoked: { delegations: [], sessions: [] },
}

export const NO_PROOFS: Proofs = { token: undefined, delegationToken: undefined, certificate: undefined, bound: undefined }

export function certificate(overrides: Partial<PeerCertificate> = {}): PeerCertificate {
  return {
    uris: ['spiffe://acme.com/agents/pr-reviewer'], subject: 'CN=someone,O=Acme', thumbprint: THUMBPRINT, notAfterMs: NOW_MS + 60_000, ...overrides,
  }
}

export interface World {
  readonly key: TestKey
  readonly clusterKey: TestKey
  readonly keys: TestKeys
  readonly registry: Registry
  readonly tokens: TokenVerifier
  readonly identify: Identify
}

/** A whole identify stage with an authority's and a cluster's keys. */
export async function world({ trustDomain }: { readonly trustDomain: string | undefined } = { trustDomain: 'acme.com' }): Promise<World> {
  const [key, clusterKey] = await Promise.all([testKey('key-1'), testKey('cluster-1')])
  const keys = new TestKeys(keySetText(key))
  const clusterKeys = new TestKeys(keySetText(clusterKey))
  const registry = new Registry(STATE, (error) => { throw error })
  const tokens = new TokenVerifier(profiles(keys, clusterKeys))
  const identify = createIdentify({ tokens, directory: registry, revocations: registry, trustDomain })
  return { key, clusterKey, keys, registry, tokens, identify }
}

export function profiles(keys: TestKeys, clusterKeys: TestKeys): readonly TokenProfile[] {
  return [
    delegationTokenProfile({ issuer: ISSUER, audience: AUDIENCE, keys: keys.source, maxLifetimeMs: 86_400_000, claims: 'postern' }),
    serviceAccountProfile({ issuer: CLUSTER_ISSUER, audience: AUDIENCE, keys: clusterKeys.source, maxLifetimeMs: 86_400_000 }),
  ]
}
