import type { AgentId } from '../../model/ids.ts'
import type { StoredAgent } from '../../store/ports/agents.ts'
import type { RegisteredAgent } from './registered-agent.ts'
import { MAX_AGENTS, type AgentClash } from './registry-index.ts'
import type { Registry } from './registry.ts'

/** The agents of the store as they were read last, on their way into the registry. */
export class StoredAgents {
  readonly #registry: Registry
  readonly #onClash: (clash: AgentClash) => void
  readonly #agents = new Map<AgentId, StoredAgent>()
  readonly #toldClashes = new Set<string>()

  /** @param onClash told once of each agent that cannot be used, since another has its id or a proof */
  constructor(registry: Registry, onClash: (clash: AgentClash) => void) {
    this.#registry = registry
    this.#onClash = onClash
  }

  /** One of them, as it stands now. */
  take(id: AgentId, stored: StoredAgent | undefined, revoked: boolean): void {
    if (stored === undefined) this.#agents.delete(id)
    else this.#agents.set(id, stored)
    this.#apply((known) => new Set([...[...known].filter((one) => one !== id), ...(revoked ? [id] : [])]))
  }

  /**
   * All of them, as they were read.
   * @param touched those of which something newer was told while they were read
   */
  takeAll(stored: readonly StoredAgent[], revoked: ReadonlySet<AgentId>, touched: (id: AgentId) => boolean): void {
    const kept = [...this.#agents.values()].filter(({ id }) => touched(id))
    this.#agents.clear()
    for (const agent of [...stored.filter(({ id }) => !touched(id)), ...kept]) this.#agents.set(agent.id, agent)
    this.#apply((known) => new Set([...[...revoked].filter((id) => !touched(id)), ...[...known].filter(touched)]))
  }

  #apply(revoked: (known: ReadonlySet<AgentId>) => ReadonlySet<AgentId>): void {
    // The first registered has precedence, in every process alike; those beyond the bound are no agents.
    const inOrder = [...this.#agents.values()].sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)).slice(0, MAX_AGENTS)
    this.#registry.takeAgents(inOrder.map(registered), revoked)
    for (const clash of this.#registry.clashes) {
      const key = `${clash.agent} ${clash.proof} ${clash.with}`
      if (this.#toldClashes.has(key)) continue
      this.#toldClashes.add(key)
      this.#onClash(clash)
    }
  }
}

function registered({ id, name, owner, spiffeId, subject, serviceAccount, redirectUris, publicKeyPem }: StoredAgent): RegisteredAgent {
  return { id, name, owner, status: 'active', spiffeId, subject, serviceAccount, redirectUris, publicKeyPem }
}
