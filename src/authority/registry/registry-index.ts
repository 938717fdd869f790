import type { AgentId, DelegationId, SessionId } from '../../model/ids.ts'
import { AGENT_PROOFS, type AgentProof, type RegisteredAgent, type RegistryState } from './registered-agent.ts'

/** More than any one installation has, of each kind; a state beyond it is a mistake, and would be held in memory whole. */
export const MAX_AGENTS = 10_000
const MAX_REVOKED = 100_000

/** An agent of the store that cannot be used, since another has what it is known by. */
export interface AgentClash {
  readonly agent: AgentId
  readonly proof: AgentProof
  readonly with: AgentId
}

/** The agents of configuration and store, and what the configuration takes back, ready to be asked in O(1). */
export interface RegistryIndex {
  readonly by: Readonly<Record<AgentProof, ReadonlyMap<string, RegisteredAgent>>>
  readonly delegations: ReadonlySet<DelegationId>
  readonly sessions: ReadonlySet<SessionId>
  readonly clashes: readonly AgentClash[]
}

/**
 * Indexes both kinds of agents. Of two that share an id or a proof the configuration's wins, and of two of the store the one that was
 * registered first; the other is no agent, by none of its proofs. Pure.
 * @param stored in order of registration
 * @throws TypeError where the configuration has an id or a proof twice, or a bound is passed: the configuration refuses these before
 */
export function indexRegistry({ agents, revoked }: RegistryState, stored: readonly RegisteredAgent[] = []): RegistryIndex {
  if (agents.length > MAX_AGENTS || stored.length > MAX_AGENTS) throw new TypeError(`more than ${MAX_AGENTS} agents`)
  if (revoked.delegations.length > MAX_REVOKED || revoked.sessions.length > MAX_REVOKED) throw new TypeError(`more than ${MAX_REVOKED} revoked ids`)
  const by: Record<AgentProof, Map<string, RegisteredAgent>> = { id: new Map(), spiffeId: new Map(), subject: new Map(), serviceAccount: new Map() }
  for (const agent of agents) {
    const clash = clashIn(by, agent)
    if (clash !== undefined) throw new TypeError(`two agents have the same ${clash.proof}`)
    add(by, agent)
  }
  const clashes: AgentClash[] = []
  for (const agent of stored) {
    const clash = clashIn(by, agent)
    if (clash === undefined) add(by, agent)
    else clashes.push(clash)
  }
  return { by, delegations: new Set(revoked.delegations), sessions: new Set(revoked.sessions), clashes }
}

/** The first thing by which another agent is known already. Pure; O(1). */
export function clashIn(by: RegistryIndex['by'], agent: Pick<RegisteredAgent, AgentProof>): AgentClash | undefined {
  for (const proof of AGENT_PROOFS) {
    const key = agent[proof]
    const other = key === undefined ? undefined : by[proof].get(key)
    if (other !== undefined) return { agent: agent.id, proof, with: other.id }
  }
  return undefined
}

function add(by: Record<AgentProof, Map<string, RegisteredAgent>>, agent: RegisteredAgent): void {
  for (const proof of AGENT_PROOFS) {
    const key = agent[proof]
    if (key !== undefined) by[proof].set(key, agent)
  }
}
