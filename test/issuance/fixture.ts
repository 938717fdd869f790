import type { AuditEvent, EventCode } from '../../src/audit/event.ts'
import type { AuditLog } from '../../src/audit/log.ts'
import { CredentialAuthority, type CredentialAuthorityDependencies } from '../../src/authority/issuance/credential-authority.ts'
import type { CredentialOrder, Issuance, Issuer, LiveCredential } from '../../src/integrations/issuer.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { Credential } from '../../src/model/credential.ts'
import { deny, Fault, isDenial, type Denial } from '../../src/model/denial.ts'
import type { AgentId, CredentialId, DelegationId, PersonId, SessionId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { LiveCredentials } from '../../src/store/ports/live-credentials.ts'
import type { Revocations, Revoked } from '../../src/sync/contract.ts'
import { ManualTime } from './manual-time.ts'
import { allowingDecision } from '../support/decision.ts'

export const HOUR_MS = 3_600_000
export const never = new AbortController().signal

/** An upstream's token endpoint: knows which of its tokens live, and how often each was ended. */
export class Upstream implements Issuer {
  readonly #time: ManualTime
  readonly live = new Set<string>()
  readonly ended: string[] = []
  issues = 0
  lifeMs = HOUR_MS
  /** What the next issuances give instead of a token. */
  trouble: Denial | Error | undefined
  /** The next calls that end a token fail. */
  revokeFailures = 0
  /** Resolves when an issuance may go on. */
  gate: Promise<void> = Promise.resolve()
  most = 0
  #inside = 0

  constructor(time: ManualTime) {
    this.#time = time
  }

  cacheKey(order: CredentialOrder): string {
    return JSON.stringify([order.scopes, order.targets])
  }

  async issue(): Promise<Issuance | Denial> {
    this.issues += 1
    this.#inside += 1
    this.most = Math.max(this.most, this.#inside)
    try {
      return await this.#issue(this.issues)
    } finally {
      this.#inside -= 1
    }
  }

  async #issue(number: number): Promise<Issuance | Denial> {
    await this.gate
    if (this.trouble instanceof Error) throw this.trouble
    if (this.trouble !== undefined) return this.trouble
    const token = `upstream-token-${number}`
    this.live.add(token)
    return {
      secret: new Secret(token),
      placement: { in: 'header', name: 'authorization', value: 'Bearer {credential}' },
      lifetime: 'short',
      expiresAtMs: this.#time.nowMs() + this.lifeMs,
      upstreamExpiresAtMs: undefined,
      narrowedBy: 'upstream',
    }
  }

  revoke: Issuer['revoke'] = async (secret) => {
    if (this.revokeFailures > 0) {
      this.revokeFailures -= 1
      throw new Fault('credential_unavailable', 'the upstream is down')
    }
    this.ended.push(secret.reveal())
    this.live.delete(secret.reveal())
  }
}

/** A log in memory that can be made to fail. */
export class MemoryAudit implements AuditLog {
  readonly mode = 'strict'
  readonly events: AuditEvent[] = []
  writable = true
  failsCommits = false
  /** Resolves when a commit may go on. */
  gate: Promise<void> = Promise.resolve()

  async commit(event: AuditEvent): Promise<void> {
    await this.gate
    if (this.failsCommits) throw new Fault('audit_unavailable', 'the disk is full')
    this.events.push(event)
  }

  post(event: AuditEvent): void {
    this.events.push(event)
  }

  of(code: EventCode): AuditEvent[] {
    return this.events.filter(({ event }) => event === code)
  }
}

/** Live credentials that outlast the authority, as a file would. */
export class MemoryLive implements LiveCredentials {
  readonly rows = new Map<CredentialId, LiveCredential>()
  fails = false

  async add(credential: LiveCredential): Promise<void> {
    if (this.fails) throw new Error('the store is gone')
    this.rows.set(credential.id, credential)
  }

  async remove(id: CredentialId): Promise<void> {
    this.rows.delete(id)
  }

  async list(): Promise<readonly LiveCredential[]> {
    return [...this.rows.values()]
  }
}

export class MemoryRevocations implements Revocations {
  epoch = 0
  readonly #revoked: Revoked[] = []
  readonly #listeners = new Set<(revoked: Revoked) => void>()

  refusal({ agent, delegation }: Principal): Denial | undefined {
    const ids: (string | undefined)[] = [agent, delegation?.id, delegation?.session]
    const revoked = this.#revoked.find(({ id }) => ids.includes(id))
    if (revoked === undefined) return undefined
    return deny(revoked.kind === 'agent' ? 'agent_revoked' : 'delegation_revoked', `the ${revoked.kind} was revoked`)
  }

  subscribe(listener: (revoked: Revoked) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  revoke(revoked: Revoked): void {
    this.epoch += 1
    this.#revoked.push(revoked)
    for (const listener of this.#listeners) listener(revoked)
  }

  get listeners(): number {
    return this.#listeners.size
  }
}

export function principal(over: { agent?: string; delegation?: string; session?: string; expiresAtMs?: number } = {}): Principal {
  const { agent = 'agent:pr-reviewer', delegation = 'dlg_alice', session = 'ses_1', expiresAtMs = Infinity } = over
  return {
    agent: agent as AgentId,
    agentName: 'PR Reviewer',
    identifiedBy: 'token',
    delegation: {
      id: delegation as DelegationId,
      person: 'user:alice@acme.com' as PersonId,
      personName: 'Alice',
      session: session as SessionId,
      consent: [],
      expiresAtMs,
    },
  }
}

export function order(over: Partial<CredentialOrder> = {}): CredentialOrder {
  return {
    principal: principal(),
    integration: 'github',
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    scopes: ['pull_requests:read'],
    targets: { kind: 'named', names: ['acme-corp/backend'] },
    expiresInMs: undefined,
    authority: 'organisation',
    decision: allowingDecision(),
    ...over,
  }
}

/** The authority with an upstream, all in memory, and time in the test's hands. */
export function world(over: Partial<CredentialAuthorityDependencies> = {}, time = new ManualTime()) {
  const upstream = new Upstream(time)
  const audit = new MemoryAudit()
  const live = new MemoryLive()
  const revocations = new MemoryRevocations()
  const deps = { issuers: new Map<string, Issuer>([['github', upstream]]), audit, live, revocations, clock: time, timers: time, random: () => 0.5, ...over }
  const authority = new CredentialAuthority(deps)
  const told: CredentialId[] = []
  authority.onCredentialEnded((id) => told.push(id))
  return { time, upstream, audit, live, revocations, authority, told, deps }
}

/** The credential, where there has to be one. */
export async function granted(outcome: Promise<Credential | Denial>): Promise<Credential> {
  const credential = await outcome
  if (isDenial(credential)) throw new Error(`refused: ${credential.denial}: ${credential.detail}`)
  return credential
}

/** A promise and what settles it. */
export function latch(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
