import type { CredentialOrder } from '../../../src/integrations/issuer.ts'
import { parseAgentId, type AgentId } from '../../../src/model/ids.ts'
import { allowingDecision } from '../../support/decision.ts'

/** An order for reading one pull request of acme/api, with what a test changes. */
export function orderOf(changes: Partial<CredentialOrder> = {}): CredentialOrder {
  return {
    principal: { agent: parseAgentId('agent:reviewer') as AgentId, agentName: 'Reviewer', identifiedBy: 'mtls', delegation: undefined },
    integration: 'github',
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    scopes: ['pull_requests:read'],
    targets: { kind: 'named', names: ['acme/api'] },
    expiresInMs: undefined,
    authority: 'organisation',
    decision: allowingDecision(),
    ...changes,
  }
}
