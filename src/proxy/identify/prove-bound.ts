import { deny } from '../../model/denial.ts'
import { parseAgentId } from '../../model/ids.ts'
import type { Prover } from './evidence.ts'

/** Knows the agent by the listener that it reached: whoever can reach a bound listener is that agent. */
export const boundProver: Prover = ({ proofs }) => {
  if (proofs.bound === undefined) return undefined
  const agent = parseAgentId(proofs.bound.agent)
  return agent === undefined ? deny('agent_unknown', 'the listener is bound to something that is no agent id') : { agent, by: 'bound' }
}
