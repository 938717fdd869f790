import type { AuditLog } from '../../audit/log.ts'
import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { Connection } from '../../store/ports/connections.ts'
import type { DelegationFilter } from '../../store/ports/delegations.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Revoked } from '../../sync/contract.ts'
import type { ConnectionDesk } from '../connections/contract.ts'
import type { DelegationEnding } from '../delegations/delegation-ending.ts'
import { byFact } from '../delegations/delegation-records.ts'
import { recordDone } from '../delegations/record-done.ts'
import type { Registry } from '../registry/registry.ts'
import type { StoreMirror } from '../registry/store-mirror.ts'
import type { RevocationReport, RevokedBy, Revoker } from './contract.ts'
import type { CredentialEnding } from './credential-ending.ts'
import { ReportDraft } from './report.ts'

export interface RevokerDependencies {
  readonly store: Pick<Store, 'agents' | 'delegations' | 'connections'>
  readonly registry: Registry
  readonly mirror: Pick<StoreMirror, 'refreshed'>
  readonly ending: DelegationEnding
  readonly credentials: CredentialEnding
  readonly connections: Pick<ConnectionDesk, 'end' | 'of'>
  /** Ends what the person signed in for: browsers' sessions and command-line logins. Durable before it resolves. */
  signOut(person: PersonId): Promise<void>
  readonly audit: AuditLog
  readonly timers: Timers
  /** For how long upstreams are waited for; what they have not answered by then is reported, and goes on. */
  readonly upstreamTimeoutMs?: number
}

/** Longer than each upstream is given, so that in the end it is told which one did not answer. */
const UPSTREAM_TIMEOUT_MS = 15_000
const PAGE = 100

/**
 * Takes back, always in one order: durable in the store; refused in the proxy, its open streams cut and its credentials dropped; on record;
 * tokens gone; the upstreams told, within a bound. A run that a crash cut short is run again and does the rest.
 */
export class SurgicalRevoker implements Revoker {
  readonly #deps: RevokerDependencies

  constructor(deps: RevokerDependencies) {
    this.#deps = deps
  }

  async agent(id: AgentId, by: RevokedBy): Promise<RevocationReport | undefined> {
    const { store, registry, audit } = this.#deps
    const agent = registry.agent(id)
    if (agent === undefined) return undefined
    const report = new ReportDraft(id)
    const changed = await store.agents.revoke({ agent: id, by: by.by, reason: by.reason })
    report.changed(changed)
    report.cut(registry.agentRevoked(id))
    const recorded = recordDone(audit, changed ? [{ event: 'agent.revoked', agent: { id, name: agent.name }, by: by.by, reason: by.reason, outcome: 'ok' }] : [])
    const upstreams = this.#endCredentials([{ kind: 'agent', id }], report)
    // For good: who restores the agent does not bring back what people gave it before.
    await this.#endDelegations({ agent: id }, by, report)
    await Promise.all([upstreams, recorded])
    return report.finish()
  }

  async restoreAgent(id: AgentId, by: RevokedBy): Promise<boolean | 'configuration' | undefined> {
    const { store, registry, mirror, audit } = this.#deps
    const agent = registry.agent(id)
    if (agent === undefined) return undefined
    if (registry.revokedByConfiguration(id)) return 'configuration'
    // What a revocation left that a crash cut short must not come back with the agent.
    if (agent.status === 'revoked') await this.#endDelegations({ agent: id }, { by: 'system', reason: 'the agent was revoked' }, new ReportDraft(id))
    const restored = await store.agents.restore(id)
    await mirror.refreshed({ kind: 'agent', id })
    if (restored) await recordDone(audit, [{ event: 'agent.restored', agent: { id, name: agent.name }, by: by.by, reason: by.reason, outcome: 'ok' }])
    return restored
  }

  async delegation(id: DelegationId, by: RevokedBy): Promise<RevocationReport | undefined> {
    const result = await this.#deps.ending.delegation(id, 'revoked', by)
    if (result === undefined) return undefined
    const report = new ReportDraft(id)
    report.delegation(result)
    await this.#endCredentials([{ kind: 'delegation', id }], report)
    return report.finish()
  }

  async session(id: SessionId, by: RevokedBy): Promise<RevocationReport | undefined> {
    const result = await this.#deps.ending.session(id, 'revoked', by)
    if (result === undefined) return undefined
    const report = new ReportDraft(id)
    report.changed(result.changed)
    report.cut(result.streamsCut)
    report.tokensLeft(result.tokensLeft)
    if (result.changed) report.session(id)
    await this.#endCredentials([{ kind: 'session', id }], report)
    return report.finish()
  }

  async connection(id: ConnectionId, by: RevokedBy): Promise<RevocationReport | undefined> {
    const connection = await this.#deps.store.connections.get(id)
    if (connection === undefined) return undefined
    const report = new ReportDraft(id)
    await this.#endConnection(connection, by, report)
    return report.finish()
  }

  async person(id: PersonId, by: RevokedBy): Promise<RevocationReport> {
    const report = new ReportDraft(id)
    // First: whoever sits in one of their browsers must not approve anew what is just being taken back.
    await this.#deps.signOut(id)
    const recorded = recordDone(this.#deps.audit, [{ event: 'admin.signed_out', user: { id, name: undefined }, by: byFact(by.by, id), reason: by.reason, outcome: 'ok' }])
    const delegations = await this.#endDelegations({ person: id }, by, report)
    const upstreams = this.#endCredentials(delegations.map((delegation) => ({ kind: 'delegation', id: delegation })), report)
    for (const connection of await this.#deps.connections.of(id)) await this.#endConnection(connection, by, report)
    await Promise.all([upstreams, recorded])
    return report.finish()
  }

  /** All that are active, those too that are granted meanwhile. */
  async #endDelegations(filter: DelegationFilter, by: RevokedBy, report: ReportDraft): Promise<DelegationId[]> {
    const { store, ending } = this.#deps
    const ended = new Set<DelegationId>()
    for (;;) {
      const { items } = await store.delegations.list({ ...filter, state: 'active' }, { limit: PAGE })
      // What is listed again although it was ended is a defect of the store's, and no reason to go on for ever.
      const left = items.filter(({ id }) => !ended.has(id))
      if (left.length === 0) return [...ended]
      for (const result of await Promise.all(left.map(({ id }) => ending.delegation(id, 'revoked', by)))) {
        if (result !== undefined) report.delegation(result)
      }
      for (const { id } of left) ended.add(id)
    }
  }

  async #endConnection({ id, integration, owner, state }: Connection, by: RevokedBy, report: ReportDraft): Promise<void> {
    const { connections, registry, audit } = this.#deps
    const left = await this.#inTime(connections.end(id, by.reason ?? `revoked by ${by.by}`))
    // Where the upstream is still being told: that it ended here comes before that, and is looked up rather than assumed.
    if (left === LATE && !await this.#hasEnded(id)) throw new Error('the connection could not be ended in time')
    report.cut(registry.connectionEnded(id))
    if (state !== 'revoked') {
      report.changed(true)
      report.connection(id)
      const user = owner === 'organisation' ? undefined : { id: owner, name: undefined }
      const whose = byFact(by.by, owner === 'organisation' ? undefined : owner)
      await recordDone(audit, [{ event: 'connection.revoked', user, by: whose, integration, connection: id, reason: by.reason, outcome: 'ok' }])
    }
    if (left === LATE) report.left(`${integration}: it did not answer in time whether ${id} is revoked there; it is ended here.`)
    else if (left !== undefined) report.left(left)
    await this.#endCredentials([{ kind: 'connection', id }], report)
  }

  async #hasEnded(id: ConnectionId): Promise<boolean> {
    const connection = await this.#deps.store.connections.get(id)
    return connection === undefined || connection.state === 'revoked'
  }

  async #endCredentials(revoked: readonly Revoked[], report: ReportDraft): Promise<void> {
    const all = Promise.all(revoked.map((one) => this.#deps.credentials.endAll(one)))
    const ends = await this.#inTime(all).catch(() => LATE)
    if (ends === LATE) report.left('Not every upstream answered in time whether its credentials are revoked there; they are dropped here.')
    else report.credentials((ends as Awaited<typeof all>).flat())
  }

  async #inTime<T>(work: Promise<T>): Promise<T | typeof LATE> {
    const { timers, upstreamTimeoutMs = UPSTREAM_TIMEOUT_MS } = this.#deps
    return within<T | typeof LATE>(timers, upstreamTimeoutMs, () => work, () => new Late()).catch((error: unknown) => {
      if (error instanceof Late) return LATE
      throw error
    })
  }
}

const LATE = Symbol('late')
class Late extends Error {}
