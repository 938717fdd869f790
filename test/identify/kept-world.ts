import { Fault, type Denial } from '../../src/model/denial.ts'
import { parseAgentId, parseId, parsePersonId } from '../../src/model/ids.ts'
import { digestOfSessionSecret } from '../../src/model/session-secret.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Proofs } from '../../src/proxy/exchange.ts'
import { delegationTokenProfile } from '../../src/proxy/identify/delegation-claims.ts'
import { createIdentify, type Identify } from '../../src/proxy/identify/identify.ts'
import { keysInProcess, type PublishedKeys } from '../../src/proxy/identify/key-source-in-process.ts'
import { TokenVerifier } from '../../src/proxy/identify/token-verifier.ts'
import type { AgentRecord, DelegationRecord, Directory, Revocations, SessionRecord } from '../../src/sync/contract.ts'
import { AUDIENCE, ISSUER, keySetText, NO_PROOFS, NOW_MS, testKey, type TestKey } from './fixture.ts'

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a fixture is malformed')
  return value
}

export const SECRET = `ses_1.${'s'.repeat(43)}`
export const OUTSIDE = 'https://elsewhere.example'

export function agentRecord(name: string): AgentRecord {
  return { id: must(parseAgentId(`agent:${name}`)), name, owner: undefined, status: 'active' }
}

export function delegationRecord(over: Partial<DelegationRecord> = {}): DelegationRecord {
  return {
    id: must(parseId('dlg', 'dlg_alice')), agent: agentRecord('pr-reviewer').id, person: must(parsePersonId('user:alice@acme.com')), personName: 'Alice Chen',
    expiresAtMs: NOW_MS + 3_600_000, consent: [{ integration: 'github', scopes: ['pulls:write'], targets: ['**'] }], groups: ['eng'], connections: {}, ...over,
  }
}

export function sessionRecord(over: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: must(parseId('ses', 'ses_1')), delegation: delegationRecord().id, expiresAtMs: NOW_MS + 1_800_000, secretDigest: digestOfSessionSecret(SECRET), ...over,
  }
}

/** What an authority knows, as a test writes it. */
export class TestDirectory implements Directory, Revocations {
  readonly agents = new Map<string, AgentRecord>(['pr-reviewer', 'deployer'].map((name) => [`agent:${name}`, agentRecord(name)]))
  readonly delegations = new Map<string, DelegationRecord>([['dlg_alice', delegationRecord()]])
  readonly sessions = new Map<string, SessionRecord>([['ses_1', sessionRecord()]])
  readonly epoch = 0
  stale = false
  refused: Denial | undefined

  agent(id: string): AgentRecord | undefined {
    return this.agents.get(id)
  }
  agentBySpiffeId(): AgentRecord | undefined {
    return this.agents.get('agent:pr-reviewer')
  }
  agentBySubject(): undefined {
    return undefined
  }
  agentByServiceAccount(): undefined {
    return undefined
  }
  delegation(id: string): DelegationRecord | undefined {
    return this.delegations.get(id)
  }
  session(id: string): SessionRecord | undefined {
    return this.sessions.get(id)
  }
  refusal(): Denial | undefined {
    if (this.stale) throw new Fault('authority_unavailable', 'nothing was heard for too long')
    return this.refused
  }
  subscribe(): () => void {
    return () => undefined
  }
}

export interface KeptWorld {
  readonly key: TestKey
  readonly outsideKey: TestKey
  readonly directory: TestDirectory
  readonly published: { -readonly [K in keyof PublishedKeys]: PublishedKeys[K] }
  readonly stage: Identify
  identify(proofs: Partial<Proofs>, nowMs?: number): Principal | Denial | Promise<Principal | Denial>
}

/** An identify stage before our own authority, and an outside issuer beside it. */
export async function keptWorld(): Promise<KeptWorld> {
  const [key, outsideKey] = await Promise.all([testKey('key-1'), testKey('outside-1')])
  const published = { generation: 1, jwks: keySetText(key) }
  const directory = new TestDirectory()
  const common = { audience: AUDIENCE, maxLifetimeMs: 86_400_000, claims: 'postern' } as const
  const tokens = new TokenVerifier([
    delegationTokenProfile({ ...common, issuer: ISSUER, keys: keysInProcess(published), kept: true }),
    delegationTokenProfile({ ...common, issuer: OUTSIDE, keys: keysInProcess({ generation: 1, jwks: keySetText(outsideKey) }) }),
  ])
  const stage = createIdentify({ tokens, directory, revocations: directory, trustDomain: undefined })
  return { key, outsideKey, published, directory, stage, identify: (proofs, nowMs = NOW_MS) => stage.identifyProofs({ ...NO_PROOFS, ...proofs }, nowMs) }
}
