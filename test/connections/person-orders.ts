import type { CredentialOrder, Issuance } from '../../src/integrations/issuer.ts'
import { isDenial, type Denial } from '../../src/model/denial.ts'
import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from '../../src/model/ids.ts'
import { allowingDecision } from '../support/decision.ts'

/** An order by a person's own authority, bound to these connections. */
export function personOrder(person: PersonId, connections: Readonly<Record<string, ConnectionId>>, over: Partial<CredentialOrder> = {}): CredentialOrder {
  return {
    principal: {
      agent: 'agent:pr-reviewer' as AgentId, agentName: 'PR Reviewer', identifiedBy: 'token',
      delegation: {
        id: 'dlg_1' as DelegationId, person, personName: undefined, session: 'ses_1' as SessionId, consent: [], expiresAtMs: Infinity,
        standing: { consent: [], groups: [], connections },
      },
    },
    integration: 'github', operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', scopes: ['pull_requests:read'],
    targets: { kind: 'named', names: ['acme-corp/backend'] }, expiresInMs: undefined, authority: 'person', decision: allowingDecision(), ...over,
  }
}

/** The credential, where there has to be one. */
export function issued(outcome: Issuance | Denial): Issuance {
  if (isDenial(outcome)) throw new TypeError(`${outcome.denial}: ${outcome.detail}`)
  return outcome
}

export const soon = (): AbortSignal => AbortSignal.timeout(10_000)
