import { deny } from '../../model/denial.ts'
import type { Directory } from '../../sync/contract.ts'
import type { Prover } from './evidence.ts'

/** Knows the agent by its Kubernetes service-account token. */
export function serviceAccountProver(directory: Directory): Prover {
  return ({ token }) => {
    if (token?.kind !== 'service_account') return undefined
    const agent = directory.agentByServiceAccount(token.subject)
    return agent === undefined
      ? deny('agent_unknown', `no agent is registered for ${token.subject}`)
      : { agent: agent.id, by: 'service_account' }
  }
}
