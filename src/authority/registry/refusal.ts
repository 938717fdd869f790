import { deny, type Denial } from '../../model/denial.ts'
import type { AgentId, DelegationId, SessionId } from '../../model/ids.ts'
import type { Delegation, Principal } from '../../model/principal.ts'
import type { AgentRecord } from '../../sync/contract.ts'
import type { LiveDelegations } from './live-delegations.ts'

/** The live copy as it is now. */
export interface Standing {
  agent(id: AgentId): AgentRecord | undefined
  /** By the configuration, of whatever issuer. */
  takenBack(): { readonly delegations: ReadonlySet<DelegationId>; readonly sessions: ReadonlySet<SessionId> }
  readonly live: Pick<LiveDelegations, 'get' | 'session'>
  /** Whether it ended lately since its time was over. */
  expired(id: DelegationId): boolean
  nowMs(): number
}

/** Why this principal may not act now, or undefined. O(1). */
export function refusalOf({ agent, via, delegation }: Principal, standing: Standing): Denial | undefined {
  // Who acts, and who acts on its behalf: both have to be in service.
  const refused = agentRefusal(agent, standing) ?? (via === undefined ? undefined : agentRefusal(via, standing))
  if (refused !== undefined) return refused
  if (delegation === undefined) return undefined
  const { id, session } = delegation
  const takenBack = standing.takenBack()
  if (takenBack.delegations.has(id)) return deny('delegation_revoked', `the delegation ${id} has been revoked`)
  if (session !== undefined && takenBack.sessions.has(session)) return deny('delegation_revoked', `the session ${session} has been revoked`)
  // An outside issuer's: nothing more is known of it here.
  return delegation.standing === undefined ? undefined : standingRefusal(agent, delegation, standing)
}

function agentRefusal(id: AgentId, standing: Standing): Denial | undefined {
  const record = standing.agent(id)
  if (record === undefined) return deny('agent_unknown', `${id} is not registered`)
  return record.status === 'active' ? undefined : deny('agent_revoked', `${id} has been revoked`)
}

/** Of a delegation that is kept here: it is known and good, it is this agent's and this person's, and the session is one of its own. */
function standingRefusal(agent: AgentId, { id, person, session }: Delegation, { live, expired, nowMs: now }: Standing): Denial | undefined {
  const nowMs = now()
  const known = live.get(id)
  if (known === undefined) {
    if (expired(id)) return deny('delegation_expired', `the delegation ${id} has expired`)
    return deny('delegation_revoked', `the delegation ${id} was revoked, or is not kept here`)
  }
  // An id never suffices: what one person gave one agent is of no use to another.
  if (known.agent !== agent || known.person !== person) return deny('proof_mismatch', `the delegation ${id} is another agent's or person's`)
  if (known.expiresAtMs <= nowMs) return deny('delegation_expired', `the delegation ${id} has expired`)
  if (session === undefined) return deny('session_ended', `no session of the delegation ${id} was shown`)
  const running = live.session(session)
  if (running === undefined || running.expiresAtMs <= nowMs) return deny('session_ended', `the session ${session} has ended, or is not kept here`)
  return running.delegation === id ? undefined : deny('proof_mismatch', `the session ${session} is of another delegation`)
}
