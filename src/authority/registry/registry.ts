import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import { Fault, type Denial } from '../../model/denial.ts'
import type { AgentId, ConnectionId, DelegationId, SessionId } from '../../model/ids.ts'
import type { Principal } from '../../model/principal.ts'
import type { Person } from '../../store/ports/people.ts'
import type { AgentRecord, DelegationRecord, Directory, Revocations, Revoked, SessionRecord } from '../../sync/contract.ts'
import type { LiveDelegation } from './delegation-record.ts'
import { LiveDelegations } from './live-delegations.ts'
import { refusalOf, type Standing } from './refusal.ts'
import type { AgentProof, RegisteredAgent, RegistryState } from './registered-agent.ts'
import { registryChanges, type RegistryChanges, type RegistryView } from './registry-changes.ts'
import { clashIn, indexRegistry, type AgentClash, type RegistryIndex } from './registry-index.ts'
import { Subscribers } from './subscribers.ts'

/** What a registry is told of the copy that it holds; without, it holds the configuration alone, which is never out of date. */
export interface RegistryCopy {
  readonly clock: Clock
  /** For how long the copy may have been out of date. */
  ageMs(): number
  /** Beyond that age nobody is told to be good. */
  readonly leaseMs: number
}

const OF_CONFIGURATION: RegistryCopy = { clock: systemClock, ageMs: () => 0, leaseMs: Infinity }
/** Of what ended lately, to say of it what is true; what is forgotten here is refused all the same. */
const MAX_ENDED = 10_000

/**
 * The live copy: every agent of configuration and store, every active delegation and running session. All look-ups are synchronous and
 * O(1). Whoever changes the store tells here, after the change is durable; what is taken back is refused from that call on, and subscribers
 * are told before it returns, each thing once.
 */
export class Registry implements Directory, Revocations {
  readonly #subscribers: Subscribers
  readonly #copy: RegistryCopy
  readonly #live = new LiveDelegations()
  readonly #expired = new BoundedCache<{ readonly id: string }>(MAX_ENDED)
  readonly #endedConnections = new BoundedCache<{ readonly cut: number }>(MAX_ENDED)
  /** Always of now: asked several times a request, and never made for one. */
  readonly #moment: Standing
  #state: RegistryState
  #stored: readonly RegisteredAgent[] = []
  #index: RegistryIndex
  #revokedAgents: ReadonlySet<AgentId> = new Set()
  #epoch = 0

  /** @param onListenerError told of a subscriber that throws; the others are still told of the revocation */
  constructor(state: RegistryState, onListenerError: (error: unknown) => void, copy: RegistryCopy = OF_CONFIGURATION) {
    this.#state = state
    this.#index = indexRegistry(state)
    this.#subscribers = new Subscribers(onListenerError)
    this.#copy = copy
    this.#moment = this.#momentOf()
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The delegations and sessions, for those that keep the copy and that count what there is. */
  get live(): LiveDelegations {
    return this.#live
  }

  /** Agents of the store that cannot be used: the configuration, or an older one, has their id or a proof. */
  get clashes(): readonly AgentClash[] {
    return this.#index.clashes
  }

  /**
   * Puts a new configuration in place of the old: what it takes back is refused from here on, and subscribers are told before this returns.
   * A changed proof (another certificate for the same agent) counts from the next request on; open streams go on.
   * @throws TypeError where the state is no state; the old one stays
   */
  apply(state: RegistryState): RegistryChanges {
    const changes = this.#swap({ index: indexRegistry(state, this.#stored), revokedAgents: this.#revokedAgents })
    this.#state = state
    return changes
  }

  /**
   * Puts the agents of the store in place of those before.
   * @param stored in order of registration
   * @param revoked from those that the store revokes, as far as known here, makes those that it revokes
   */
  takeAgents(stored: readonly RegisteredAgent[], revoked: (known: ReadonlySet<AgentId>) => ReadonlySet<AgentId>): RegistryChanges {
    const changes = this.#swap({ index: indexRegistry(this.#state, stored), revokedAgents: revoked(this.#revokedAgents) })
    this.#stored = stored
    return changes
  }

  /** @returns how many open streams were cut; 0 where it was revoked before */
  agentRevoked(id: AgentId): number {
    if (this.#revokedAgents.has(id)) return 0
    const wasActive = this.agent(id)?.status === 'active'
    this.#revokedAgents = new Set([...this.#revokedAgents, id])
    this.#epoch += 1
    return wasActive ? this.#subscribers.tell({ kind: 'agent', id }) : 0
  }

  /** What of this agent-to-be another agent is known by already; undefined where it can be registered. */
  clashOf(agent: Pick<RegisteredAgent, AgentProof>): AgentClash | undefined {
    return clashIn(this.#index.by, agent)
  }

  agent(id: AgentId): AgentRecord | undefined {
    return this.#standing('id', id)
  }

  /** All that it is registered with, and whether it is good now. */
  registration(id: AgentId): RegisteredAgent | undefined {
    const agent = this.#index.by.id.get(id)
    const standing = this.#standing('id', id)
    return agent === undefined || standing === undefined ? undefined : { ...agent, status: standing.status }
  }

  agentBySpiffeId(spiffeId: string): AgentRecord | undefined {
    return this.#standing('spiffeId', spiffeId)
  }

  agentBySubject(subject: string): AgentRecord | undefined {
    return this.#standing('subject', subject)
  }

  agentByServiceAccount(subject: string): AgentRecord | undefined {
    return this.#standing('serviceAccount', subject)
  }

  /** Where it is registered, whether active or not; undefined for none. */
  registeredIn(id: AgentId): 'configuration' | 'store' | undefined {
    const agent = this.#index.by.id.get(id)
    if (agent === undefined) return undefined
    return this.#state.agents.includes(agent) ? 'configuration' : 'store'
  }

  /** Whether the configuration itself switches it off, which nothing else can undo. */
  revokedByConfiguration(id: AgentId): boolean {
    return this.#index.by.id.get(id)?.status === 'revoked'
  }

  delegation(id: DelegationId): DelegationRecord | undefined {
    const record = this.#live.get(id)
    return record !== undefined && record.expiresAtMs > this.#copy.clock.nowMs() && !this.#index.delegations.has(id) ? record : undefined
  }

  session(id: SessionId): SessionRecord | undefined {
    const record = this.#live.session(id)
    const good = record !== undefined && record.expiresAtMs > this.#copy.clock.nowMs() && !this.#index.sessions.has(id)
    return good && this.delegation(record.delegation) !== undefined ? record : undefined
  }

  refusal(principal: Principal): Denial | undefined {
    if (this.#copy.ageMs() > this.#copy.leaseMs) throw new Fault('authority_unavailable', 'the store was not heard of for longer than the lease')
    return refusalOf(principal, this.#moment)
  }

  subscribe(listener: (revoked: Revoked) => number | void): () => void {
    return this.#subscribers.add(listener)
  }

  /** A delegation as it stands in the store; one that is over by now is passed over. */
  putDelegation(delegation: LiveDelegation): void {
    if (delegation.expiresAtMs > this.#copy.clock.nowMs() && this.#live.put(delegation)) this.#epoch += 1
  }

  /** A running session; passed over where it is over by now, or its delegation is not here. */
  putSession(session: SessionRecord): void {
    if (session.expiresAtMs > this.#copy.clock.nowMs() && this.#live.putSession(session)) this.#epoch += 1
  }

  putPerson(person: Pick<Person, 'id' | 'name' | 'groups'>): void {
    if (this.#live.putPerson(person)) this.#epoch += 1
  }

  /** It was revoked, or its time is over; with all its sessions. @returns how many open streams were cut; 0 where it was not here any more */
  delegationEnded(id: DelegationId, why: 'revoked' | 'expired'): number {
    if (!this.#live.remove(id)) return 0
    if (why === 'expired') this.#expired.set(id, { id })
    this.#epoch += 1
    return this.#subscribers.tell({ kind: 'delegation', id })
  }

  /** @returns how many open streams were cut; 0 where it was not here any more */
  sessionEnded(id: SessionId): number {
    if (!this.#live.removeSession(id)) return 0
    this.#epoch += 1
    return this.#subscribers.tell({ kind: 'session', id })
  }

  /** @returns how many open streams were cut, by this call or by the one that told it before */
  connectionEnded(id: ConnectionId): number {
    const before = this.#endedConnections.get(id)
    if (before !== undefined) return before.cut
    // Remembered first: whoever is told may ask again.
    this.#endedConnections.set(id, { cut: 0 })
    this.#epoch += 1
    const cut = this.#subscribers.tell({ kind: 'connection', id })
    this.#endedConnections.set(id, { cut })
    return cut
  }

  /** New tokens brought it back: its next end is told again. */
  connectionActive(id: ConnectionId): void {
    this.#endedConnections.delete(id)
  }

  /** Ends what is over by now, whether or not the store can be reached. */
  expireDue(): void {
    const { delegations, sessions } = this.#live.due(this.#copy.clock.nowMs())
    for (const id of delegations) this.delegationEnded(id, 'expired')
    for (const id of sessions) this.sessionEnded(id)
  }

  #momentOf(): Standing {
    return {
      agent: (id) => this.agent(id),
      takenBack: () => this.#index,
      live: this.#live,
      expired: (id) => this.#expired.get(id) !== undefined,
      nowMs: () => this.#copy.clock.nowMs(),
    }
  }

  #standing(proof: AgentProof, key: string): AgentRecord | undefined {
    const agent = this.#index.by[proof].get(key)
    return agent !== undefined && this.#revokedAgents.has(agent.id) ? { ...agent, status: 'revoked' } : agent
  }

  #swap(after: RegistryView): RegistryChanges {
    const changes = registryChanges({ index: this.#index, revokedAgents: this.#revokedAgents }, after)
    this.#index = after.index
    this.#revokedAgents = after.revokedAgents
    this.#epoch += changes.revoked.length + changes.restored.length + changes.registered.length
    for (const revoked of changes.revoked) this.#subscribers.tell(revoked)
    return changes
  }
}
