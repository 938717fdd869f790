import type { DelegationId, SessionId } from '../../model/ids.ts'
import type { RegisteredAgent, RegistryState } from './registered-agent.ts'

/** More than any one proxy has; a state beyond it is a mistake, and would be held in memory whole. */
const MAX_AGENTS = 10_000
const MAX_REVOKED = 100_000

/** One state, ready to be asked in O(1). */
export interface RegistryIndex {
  readonly byId: ReadonlyMap<string, RegisteredAgent>
  readonly bySpiffeId: ReadonlyMap<string, RegisteredAgent>
  readonly bySubject: ReadonlyMap<string, RegisteredAgent>
  readonly byServiceAccount: ReadonlyMap<string, RegisteredAgent>
  readonly delegations: ReadonlySet<DelegationId>
  readonly sessions: ReadonlySet<SessionId>
}

/**
 * Indexes a state. Pure.
 * @throws TypeError where an id or a proof stands for two agents, or a bound is passed: the configuration refuses these before
 */
export function indexRegistry({ agents, revoked }: RegistryState): RegistryIndex {
  if (agents.length > MAX_AGENTS) throw new TypeError(`more than ${MAX_AGENTS} agents`)
  if (revoked.delegations.length > MAX_REVOKED || revoked.sessions.length > MAX_REVOKED) throw new TypeError(`more than ${MAX_REVOKED} revoked ids`)
  return {
    byId: indexBy(agents, 'id'),
    bySpiffeId: indexBy(agents, 'spiffeId'),
    bySubject: indexBy(agents, 'subject'),
    byServiceAccount: indexBy(agents, 'serviceAccount'),
    delegations: new Set(revoked.delegations),
    sessions: new Set(revoked.sessions),
  }
}

function indexBy(agents: readonly RegisteredAgent[], proof: 'id' | 'spiffeId' | 'subject' | 'serviceAccount'): ReadonlyMap<string, RegisteredAgent> {
  const index = new Map<string, RegisteredAgent>()
  for (const agent of agents) {
    const key = agent[proof]
    if (key === undefined) continue
    if (index.has(key)) throw new TypeError(`two agents have the same ${proof}`)
    index.set(key, agent)
  }
  return index
}
