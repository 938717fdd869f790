import { deny } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Principal } from '../../model/principal.ts'
import type { AgentRecord, Directory, Revocations, Revoked } from '../../sync/contract.ts'
import type { RegistryState } from './registered-agent.ts'
import { registryChanges } from './registry-changes.ts'
import type { RegistryChanges } from './registry-changes.ts'
import { indexRegistry } from './registry-index.ts'
import type { RegistryIndex } from './registry-index.ts'

/** The agents and what was taken back, as the configuration tells them. Every look-up is O(1) over one state. */
export class Registry implements Directory, Revocations {
  readonly #listeners = new Set<(revoked: Revoked) => void>()
  readonly #onListenerError: (error: unknown) => void
  #index: RegistryIndex
  #epoch = 0

  /** @param onListenerError told of a subscriber that throws; the others are still told of the revocation */
  constructor(state: RegistryState, onListenerError: (error: unknown) => void) {
    this.#index = indexRegistry(state)
    this.#onListenerError = onListenerError
  }

  get epoch(): number {
    return this.#epoch
  }

  /**
   * Puts a new state in place of the old: what it takes back is refused from here on, and subscribers are told before this returns.
   * A changed proof (another certificate for the same agent) counts from the next request on; open streams go on.
   * @throws TypeError where the state is no state; the old one stays
   */
  apply(state: RegistryState): RegistryChanges {
    const after = indexRegistry(state)
    const changes = registryChanges(this.#index, after)
    this.#index = after
    this.#epoch += changes.revoked.length + changes.restored.length + changes.registered.length
    for (const revoked of changes.revoked) this.#tell(revoked)
    return changes
  }

  agent(id: AgentId): AgentRecord | undefined {
    return this.#index.byId.get(id)
  }

  agentBySpiffeId(spiffeId: string): AgentRecord | undefined {
    return this.#index.bySpiffeId.get(spiffeId)
  }

  agentBySubject(subject: string): AgentRecord | undefined {
    return this.#index.bySubject.get(subject)
  }

  agentByServiceAccount(subject: string): AgentRecord | undefined {
    return this.#index.byServiceAccount.get(subject)
  }

  refusal({ agent, delegation }: Principal): Denial | undefined {
    const record = this.#index.byId.get(agent)
    if (record === undefined) return deny('agent_unknown', `${agent} is not registered`)
    if (record.status !== 'active') return deny('agent_revoked', `${agent} has been revoked`)
    if (delegation === undefined) return undefined
    if (this.#index.delegations.has(delegation.id)) return deny('delegation_revoked', `the delegation ${delegation.id} has been revoked`)
    const { session } = delegation
    if (session !== undefined && this.#index.sessions.has(session)) return deny('delegation_revoked', `the session ${session} has been revoked`)
    return undefined
  }

  subscribe(listener: (revoked: Revoked) => void): () => void {
    const own = (revoked: Revoked): void => listener(revoked)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  #tell(revoked: Revoked): void {
    // A copy: who subscribes while being told is told of the next one.
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(revoked)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }
}
