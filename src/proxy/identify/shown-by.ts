import type { AgentId } from '../../model/ids.ts'
import type { DelegationToken } from './verified-token.ts'

/** Whose proofs go with a delegation token: those of the agent that it is of, or of the server that got it in that agent's stead. Pure. */
export function shownBy({ agent, via }: DelegationToken): AgentId {
  return via ?? agent
}
