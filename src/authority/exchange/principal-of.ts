import type { Principal } from '../../model/principal.ts'
import type { Subject } from './contract.ts'

/** The principal that a call with this subject would have. */
export function principalOf({ agent, agentName, delegation, via }: Subject): Principal {
  return { agent, agentName, identifiedBy: 'token', delegation, via }
}
