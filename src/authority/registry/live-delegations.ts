import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { Person } from '../../store/ports/people.ts'
import type { SessionRecord } from '../../sync/contract.ts'
import type { LiveDelegation } from './delegation-record.ts'
import { GroupIndex } from './group-index.ts'

/**
 * Every active delegation and running session, by id. What has ended is not here. It is told nothing twice: each change says whether it
 * changed something.
 */
export class LiveDelegations {
  readonly #delegations = new Map<DelegationId, LiveDelegation>()
  readonly #sessions = new Map<SessionId, SessionRecord>()
  readonly #sessionsOf = new GroupIndex<DelegationId, SessionId>()
  readonly #byAgent = new GroupIndex<AgentId, DelegationId>()
  readonly #byPerson = new GroupIndex<PersonId, DelegationId>()

  get size(): number {
    return this.#delegations.size
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  get(id: DelegationId): LiveDelegation | undefined {
    return this.#delegations.get(id)
  }

  session(id: SessionId): SessionRecord | undefined {
    return this.#sessions.get(id)
  }

  countOf(person: PersonId): number {
    return this.#byPerson.count(person)
  }

  sessionCountOf(delegation: DelegationId): number {
    return this.#sessionsOf.count(delegation)
  }

  ofAgent(agent: AgentId): DelegationId[] {
    return this.#byAgent.of(agent)
  }

  agents(): AgentId[] {
    return this.#byAgent.groups()
  }

  ids(): DelegationId[] {
    return [...this.#delegations.keys()]
  }

  sessionIds(): SessionId[] {
    return [...this.#sessions.keys()]
  }

  /** The connections that any of them is bound to. */
  connections(): ConnectionId[] {
    return [...new Set([...this.#delegations.values()].flatMap(({ connections }) => Object.values(connections)))]
  }

  /** @returns false where it stands so already, or in a later version */
  put(delegation: LiveDelegation): boolean {
    const known = this.#delegations.get(delegation.id)
    if (known !== undefined && known.version > delegation.version) return false
    this.#delegations.set(delegation.id, delegation)
    this.#byAgent.add(delegation.agent, delegation.id)
    this.#byPerson.add(delegation.person, delegation.id)
    return known === undefined || !sameStanding(known, delegation)
  }

  /** @returns false where its delegation is not here, or it stands so already */
  putSession(session: SessionRecord): boolean {
    if (!this.#delegations.has(session.delegation)) return false
    const known = this.#sessions.get(session.id)
    this.#sessions.set(session.id, session)
    this.#sessionsOf.add(session.delegation, session.id)
    return known?.expiresAtMs !== session.expiresAtMs || known.secretDigest !== session.secretDigest
  }

  /** With all its sessions. @returns false where it is not here */
  remove(id: DelegationId): boolean {
    const known = this.#delegations.get(id)
    if (known === undefined) return false
    this.#delegations.delete(id)
    this.#byAgent.delete(known.agent, id)
    this.#byPerson.delete(known.person, id)
    for (const session of this.#sessionsOf.of(id)) this.removeSession(session)
    return true
  }

  /** @returns false where it is not here */
  removeSession(id: SessionId): boolean {
    const known = this.#sessions.get(id)
    if (known === undefined) return false
    this.#sessions.delete(id)
    this.#sessionsOf.delete(known.delegation, id)
    return true
  }

  /** Puts a person's name and groups into all that they delegated. @returns whether any of it changed */
  putPerson(person: Pick<Person, 'id' | 'name' | 'groups'>): boolean {
    const of = this.#byPerson.of(person.id)
    for (const id of of) {
      const known = this.#delegations.get(id)
      if (known !== undefined) this.#delegations.set(id, { ...known, personName: person.name, groups: person.groups })
    }
    return of.length > 0
  }

  /** What is over at this moment. O(all of them). */
  due(nowMs: number): { readonly delegations: readonly DelegationId[]; readonly sessions: readonly SessionId[] } {
    const delegations: DelegationId[] = []
    const sessions: SessionId[] = []
    for (const { id, expiresAtMs } of this.#delegations.values()) if (expiresAtMs <= nowMs) delegations.push(id)
    for (const { id, expiresAtMs } of this.#sessions.values()) if (expiresAtMs <= nowMs) sessions.push(id)
    return { delegations, sessions }
  }
}

function sameStanding(one: LiveDelegation, other: LiveDelegation): boolean {
  return one.version === other.version && one.personName === other.personName && one.groups.join('\n') === other.groups.join('\n')
}
