import { onTestFinished } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import type { AuditLog } from '../../../src/audit/log.ts'
import { ApprovalAnswers } from '../../../src/authority/approvals/approval-answers.ts'
import { LiveApprovalDesk } from '../../../src/authority/approvals/live-approval-desk.ts'
import { DelegationEnding } from '../../../src/authority/delegations/delegation-ending.ts'
import { LiveDelegationDesk, type DelegationDeskDependencies } from '../../../src/authority/delegations/delegation-desk.ts'
import { Sweeper } from '../../../src/authority/delegations/sweeper.ts'
import { endSignIns } from '../../../src/authority/people/sign-outs.ts'
import { openLiveCopy, type LiveCopy } from '../../../src/authority/registry/open-live-copy.ts'
import type { RegisteredAgent } from '../../../src/authority/registry/registered-agent.ts'
import type { AgentClash } from '../../../src/authority/registry/registry-index.ts'
import { MemoryShortLived } from '../../connections/memory-short-lived.ts'
import type { CopiedStore } from '../../../src/authority/registry/store-reading.ts'
import { SurgicalRevoker, type RevokerDependencies } from '../../../src/authority/revocation/revoker.ts'
import { Fault } from '../../../src/model/denial.ts'
import type { AgentId, DelegationId, PersonId, SessionId } from '../../../src/model/ids.ts'
import type { Principal } from '../../../src/model/principal.ts'
import type { DelegatedAccess } from '../../../src/store/ports/delegations.ts'
import type { NewAgent } from '../../../src/store/ports/agents.ts'
import type { Revoked } from '../../../src/sync/contract.ts'
import { ManualTime } from '../../issuance/manual-time.ts'
import { MemoryData, MemoryStore } from './memory-store.ts'

export const REVIEWER = 'agent:pr-reviewer' as AgentId
export const TRIAGE = 'agent:issue-triage' as AgentId
export const ALICE = 'user:alice@acme.com' as PersonId
export const BOB = 'user:bob@acme.com' as PersonId
export const HOUR_MS = 3_600_000
export const LIFETIMES = { sessionMs: 8 * HOUR_MS, consentMaxMs: 24 * HOUR_MS, approvalAnswerMs: 600_000, approvalValidMs: 900_000, breakGlassMaxMs: HOUR_MS }
export const ACCESS: readonly DelegatedAccess[] = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'], connection: undefined }]

export function configured(id: AgentId, changes: Partial<RegisteredAgent> = {}): RegisteredAgent {
  const name = id.slice('agent:'.length)
  return { id, name: name.toUpperCase(), owner: 'team', status: 'active', spiffeId: `spiffe://acme/${name}`, subject: undefined, serviceAccount: undefined, ...changes }
}

export function newAgent(id: string, changes: Partial<NewAgent> = {}): NewAgent {
  return {
    id: id as AgentId, name: id, owner: undefined, spiffeId: undefined, subject: undefined, serviceAccount: undefined, redirectUris: [],
    publicKeyPem: undefined, registeredBy: 'user:ops@acme.com', ...changes,
  }
}

/** Keeps what was recorded; can be told to break. */
export class MemoryAudit implements AuditLog {
  readonly mode = 'strict'
  readonly events: AuditEvent[] = []
  writable = true

  async commit(event: AuditEvent): Promise<void> {
    if (!this.writable) throw new Fault('audit_unavailable', 'the disk is full')
    this.events.push(event)
  }

  post(event: AuditEvent): void {
    this.events.push(event)
  }

  codes(): string[] {
    return this.events.map(({ event }) => event)
  }
}

/** One process of the authority. */
export interface Process extends LiveCopy {
  readonly audit: MemoryAudit
  readonly desk: LiveDelegationDesk
  readonly ending: DelegationEnding
  readonly revoker: SurgicalRevoker
  readonly approvalDesk: LiveApprovalDesk
  readonly answers: ApprovalAnswers
  readonly sweeper: Sweeper
  readonly shortLived: MemoryShortLived
  /** What subscribers were told, in order. */
  readonly told: Revoked[]
  readonly endedTokens: SessionId[]
  readonly errors: unknown[]
  readonly clashes: AgentClash[]
}

export interface ProcessOptions {
  readonly agents?: readonly RegisteredAgent[]
  readonly leaseMs?: number
  readonly desk?: Partial<DelegationDeskDependencies>
  readonly revoker?: Partial<RevokerDependencies>
  readonly hasOperators?: boolean
  readonly url?: string | undefined
  readonly openLimits?: { readonly openOfAgent: number; readonly open: number }
}

/** Time that the test moves, and the data of one store. */
export function memoryWorld(): { time: ManualTime; store: MemoryStore } {
  const time = new ManualTime()
  return { time, store: new MemoryStore(new MemoryData(time)) }
}

/** Starts one process on a store; it is closed when the test has finished. */
export async function startProcess(store: CopiedStore, time: ManualTime, options: ProcessOptions = {}): Promise<Process> {
  const audit = new MemoryAudit()
  const [told, endedTokens, errors, clashes]: [Revoked[], SessionId[], unknown[], AgentClash[]] = [[], [], [], []]
  const onError = (error: unknown): void => void errors.push(error)
  const copy = await openLiveCopy({
    configuration: { agents: options.agents ?? [configured(REVIEWER), configured(TRIAGE)], revoked: { delegations: [], sessions: [] } },
    store, clock: time, timers: time, leaseMs: options.leaseMs ?? 5_000, onClash: (clash) => clashes.push(clash), onError,
  })
  const { registry, mirror, approvals: live } = copy
  registry.subscribe((revoked) => void told.push(revoked))
  const tokens = { endSession: async (session: SessionId) => void endedTokens.push(session) }
  const ending = new DelegationEnding({ store, registry, tokens, audit, onError })
  const approvalDeps = { store, live, mirror, directory: registry, audit, clock: time, lifetimes: LIFETIMES }
  const answers = new ApprovalAnswers(approvalDeps)
  const shortLived = new MemoryShortLived(time)
  const sweeper = new Sweeper({ store: { delegations: store.delegations, approvals: store.approvals, shortLived }, registry, ending, approvals: answers, clock: time, timers: time, onError })
  onTestFinished(async () => {
    mirror.close()
    await sweeper.close()
  })
  return {
    ...copy, audit, ending, answers, sweeper, shortLived, told, endedTokens, errors, clashes,
    desk: new LiveDelegationDesk({ store, registry, mirror, audit, clock: time, lifetimes: LIFETIMES, ...options.desk }),
    revoker: new SurgicalRevoker({
      store, registry, mirror, ending, audit, timers: time,
      signOut: (person) => endSignIns(shortLived, person, time.nowMs()),
      credentials: { endAll: () => Promise.resolve([]) },
      connections: {
        of: () => Promise.resolve([]),
        end: async (id, reason) => {
          await store.connections.revoke(id, reason)
          return undefined
        },
      },
      ...options.revoker,
    }),
    approvalDesk: new LiveApprovalDesk({
      ...approvalDeps, url: 'url' in options ? options.url : 'https://postern.acme.com', hasOperators: () => options.hasOperators ?? true,
      ...(options.openLimits === undefined ? {} : { limits: options.openLimits }),
    }),
  }
}

/** The principal that the proxy makes of a token of this delegation, at this process. */
export function principalOf(process: Pick<Process, 'registry'>, agent: AgentId, person: PersonId, delegation: DelegationId, session: SessionId | undefined): Principal {
  const standing = process.registry.delegation(delegation) ?? { consent: [], groups: [], connections: {} }
  return {
    agent, agentName: agent, identifiedBy: 'token',
    delegation: { id: delegation, person, personName: undefined, session, consent: [], standing, expiresAtMs: Infinity },
  }
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('it is not there')
  return value
}

/** Waits, within a bound, for what other turns of the event loop bring. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('it never held')
}
