import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../model/denial.ts'
import { newId, type AgentId, type DelegationId, type PersonId, type SessionId } from '../../model/ids.ts'
import type { DelegatedAccess, NewDelegation, StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Registry } from '../registry/registry.ts'
import type { StoreMirror } from '../registry/store-mirror.ts'
import type { DelegationDesk, Granted, GrantOrder } from './contract.ts'
import { approvedRecord, partyFacts, type PartyNames } from './delegation-records.ts'
import { LIVE_LIMITS, type LiveLimits } from './live-limits.ts'
import { partyNames } from './party-names.ts'
import { createSessionSecret } from './session-secret.ts'
import { isSayable, widenedAccess } from './widened-access.ts'

/** Who would act for whom, as rules see them. */
export interface BoundParty {
  readonly agent: AgentId
  readonly person: PersonId
  readonly groups: readonly string[]
}

export interface DelegationDeskDependencies {
  readonly store: Pick<Store, 'delegations' | 'people'>
  readonly registry: Registry
  readonly mirror: Pick<StoreMirror, 'refreshed'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly lifetimes: { readonly sessionMs: number; readonly consentMaxMs: number }
  /** How long the rules let such a delegation last at most; undefined where they say nothing. Asked of all that is delegated, what stood before included. */
  readonly ruleBoundMs?: (party: BoundParty, access: readonly DelegatedAccess[]) => number | undefined
  readonly limits?: Partial<LiveLimits>
}

/** Tries again where somebody else changed the delegation in between. */
const CHANGE_ATTEMPTS = 5

/** Delegations from their approval on. Each is on record before it is good, and in the live copy before it is handed out. */
export class LiveDelegationDesk implements DelegationDesk {
  readonly #deps: DelegationDeskDependencies
  readonly #limits: LiveLimits

  constructor(deps: DelegationDeskDependencies) {
    this.#deps = deps
    this.#limits = { ...LIVE_LIMITS, ...deps.limits }
  }

  async grant(order: GrantOrder): Promise<Granted | undefined> {
    if (order.access.length === 0 || !isSayable(order.access)) throw new TypeError('an approval is of something, and of no more than a token can say')
    return order.extend === undefined ? this.#begin(order) : this.#extend(order, order.extend)
  }

  async startSession(delegation: DelegationId): Promise<StoredSession | undefined> {
    const stored = await this.#deps.store.delegations.get(delegation)
    if (stored === undefined || !this.#isGood(stored)) return undefined
    this.#makeRoomForSession(delegation)
    const id = newId('ses')
    const names = await this.#names(stored)
    await this.#commit({ event: 'session.started', ...partyFacts(stored.agent, stored.person, names), delegation, session: id, outcome: 'ok' })
    const session = await this.#deps.store.delegations.startSession(delegation, id, this.#sessionEndMs(stored.expiresAtMs))
    if (session === undefined) {
      const facts = { ...partyFacts(stored.agent, stored.person, names), delegation, session: id }
      this.#deps.audit.post({ event: 'session.ended', ...facts, outcome: 'failed', reason: 'its delegation ended first' })
      return undefined
    }
    await this.#deps.mirror.refreshed({ kind: 'session', id })
    return session
  }

  async live(id: SessionId): Promise<Granted | undefined> {
    const session = await this.#deps.store.delegations.session(id)
    if (session === undefined || session.endedAtMs !== undefined || session.expiresAtMs <= this.#deps.clock.nowMs()) return undefined
    const delegation = await this.#deps.store.delegations.get(session.delegation)
    return delegation !== undefined && this.#isGood(delegation) ? { delegation, session } : undefined
  }

  async newSessionSecret(session: SessionId): Promise<string | undefined> {
    if (await this.live(session) === undefined) return undefined
    const { secret, digest } = createSessionSecret(session)
    if (!await this.#deps.store.delegations.setSessionSecret(session, digest)) return undefined
    await this.#deps.mirror.refreshed({ kind: 'session', id: session })
    return secret
  }

  async #begin({ agent, person, access, expiresAtMs }: GrantOrder): Promise<Granted | undefined> {
    const { store, registry, clock } = this.#deps
    if (registry.agent(agent)?.status !== 'active') return undefined
    this.#makeRoom(person)
    const endMs = await this.#bounded(expiresAtMs, { agent, person }, access)
    const order = { id: newId('dlg'), session: newId('ses'), agent, person, access, expiresAtMs: endMs, sessionExpiresAtMs: this.#sessionEndMs(endMs) }
    const names = await partyNames(order, registry, store.people)
    // On record first: what is good has its record, whatever crashes in between.
    await this.#commit(approvedRecord('delegation.granted', { ...order, nowMs: clock.nowMs() }, names))
    await this.#commit({ event: 'session.started', ...partyFacts(agent, person, names), delegation: order.id, session: order.session, outcome: 'ok' })
    try {
      await store.delegations.create(order)
      await this.#deps.mirror.refreshed({ kind: 'delegation', id: order.id })
    } catch (error) {
      await this.#undo(order, names, 'it could not be stored')
      throw error
    }
    const granted = await this.live(order.session)
    // The agent was revoked meanwhile: what it was given just now is as good as what it had before.
    if (granted === undefined) await this.#undo(order, names, 'the agent was revoked meanwhile')
    return granted
  }

  async #extend(order: GrantOrder, session: SessionId): Promise<Granted | undefined> {
    const { store, registry, clock, mirror } = this.#deps
    for (let attempt = 1; attempt <= CHANGE_ATTEMPTS; attempt += 1) {
      const live = await this.live(session)
      // An id never suffices: it is extended for the agent and the person that have it.
      if (live === undefined || live.delegation.agent !== order.agent || live.delegation.person !== order.person) return undefined
      const { id, version, access: standing, agent, person } = live.delegation
      const access = widenedAccess(standing, order.access)
      if (access === undefined) return undefined
      const expiresAtMs = await this.#bounded(order.expiresAtMs, { agent, person }, access)
      const names = await partyNames(order, registry, store.people)
      const record = approvedRecord('delegation.extended', { id, agent, person, access, expiresAtMs, session, nowMs: clock.nowMs() }, names)
      await this.#commit(record)
      if (await store.delegations.change(id, version, access, expiresAtMs) === undefined) {
        this.#deps.audit.post({ ...record, outcome: 'failed', reason: 'it was changed or ended meanwhile' })
        continue
      }
      await mirror.refreshed({ kind: 'delegation', id })
      return this.live(session)
    }
    throw new Fault('authority_unavailable', 'the delegation was changed by others again and again')
  }

  /** Best effort, since something broke already: without it in the live copy it is good for nothing, and the sweeper ends it in time. */
  async #undo({ id, session, agent, person }: NewDelegation, names: PartyNames, reason: string): Promise<void> {
    const { store, registry, audit } = this.#deps
    await store.delegations.end(id, 'revoked', 'system', reason).catch(() => undefined)
    registry.delegationEnded(id, 'revoked')
    const facts = { ...partyFacts(agent, person, names), by: 'system', delegation: id, reason }
    audit.post({ event: 'delegation.revoked', ...facts, outcome: 'failed' })
    audit.post({ event: 'session.ended', ...facts, session, outcome: 'failed' })
  }

  #isGood({ state, expiresAtMs, agent }: StoredDelegation): boolean {
    return state === 'active' && expiresAtMs > this.#deps.clock.nowMs() && this.#deps.registry.agent(agent)?.status === 'active'
  }

  async #bounded(wishedMs: number, party: Pick<BoundParty, 'agent' | 'person'>, access: readonly DelegatedAccess[]): Promise<number> {
    const { clock, lifetimes, ruleBoundMs, store } = this.#deps
    const groups = ruleBoundMs === undefined ? [] : (await store.people.get(party.person))?.groups ?? []
    const nowMs = clock.nowMs()
    const boundedMs = Math.min(wishedMs, nowMs + lifetimes.consentMaxMs, nowMs + (ruleBoundMs?.({ ...party, groups }, access) ?? Infinity))
    if (!(boundedMs > nowMs)) throw new TypeError('an approval ends after it begins')
    return boundedMs
  }

  #sessionEndMs(delegationEndMs: number): number {
    return Math.min(delegationEndMs, this.#deps.clock.nowMs() + this.#deps.lifetimes.sessionMs)
  }

  /** @throws Fault where the live copy is full: nothing begins that could not be known everywhere */
  #makeRoom(person: PersonId): void {
    const { live } = this.#deps.registry
    if (live.size >= this.#limits.delegations || live.sessionCount >= this.#limits.sessions) throw full('delegations are active')
    if (live.countOf(person) >= this.#limits.delegationsOfPerson) throw full('delegations of this person are active')
  }

  #makeRoomForSession(delegation: DelegationId): void {
    const { live } = this.#deps.registry
    if (live.sessionCount >= this.#limits.sessions) throw full('sessions run')
    if (live.sessionCountOf(delegation) >= this.#limits.sessionsOfDelegation) throw full('sessions of this delegation run')
  }

  #names(parties: Pick<StoredDelegation, 'agent' | 'person'>): Promise<PartyNames> {
    return partyNames(parties, this.#deps.registry, this.#deps.store.people)
  }

  #commit(event: Parameters<AuditLog['commit']>[0]): Promise<void> {
    return this.#deps.audit.commit(event)
  }
}

function full(what: string): Fault {
  return new Fault('authority_unavailable', `as many ${what} as are kept`)
}
