import { timingSafeEqual } from 'node:crypto'
import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { Delegation } from '../../model/principal.ts'
import type { PeerCertificate } from '../exchange.ts'
import type { AgentProof, Evidence, Prover } from './evidence.ts'
import type { DelegationToken } from './verified-token.ts'

/** Runs all provers: one agent comes out, or none. @returns the strongest proof: that of the first prover that has one */
export function agreedAgent(provers: readonly Prover[], evidence: Evidence): AgentProof | Denial {
  let agreed: AgentProof | undefined
  for (const prove of provers) {
    const proof = prove(evidence)
    if (proof === undefined) continue
    if (isDenial(proof)) return proof
    agreed ??= proof
    if (proof.agent !== agreed.agent) return mismatch(`the proofs by ${agreed.by} and by ${proof.by} are of different agents`)
  }
  return agreed ?? deny('identity_required', noProof(evidence), {
    hint: 'Send the delegation token in Proxy-Authorization, or in Authorization where Postern is the base URL.',
  })
}

/**
 * For whom the agent acts. All delegation tokens have to be this agent's and mean the same delegation; what the agent sent
 * counts before what the listener is bound to.
 * @returns null where the agent showed no delegation: it acts for itself, if policy lets it
 */
export function agreedDelegation(agent: AgentProof, evidence: Evidence): Delegation | Denial | null {
  const bearer = evidence.token?.kind === 'delegation' ? evidence.token : undefined
  let agreed: DelegationToken | undefined
  for (const token of [evidence.delegationToken, bearer, evidence.boundToken]) {
    if (token === undefined) continue
    const refused = refusedToken(token, agent, evidence.proofs.certificate)
    if (refused !== undefined) return refused
    agreed ??= token
    if (!sameDelegation(token.delegation, agreed.delegation)) return mismatch('two delegation tokens of different delegations were shown')
  }
  return agreed?.delegation ?? null
}

function refusedToken(token: DelegationToken, agent: AgentProof, certificate: PeerCertificate | undefined): Denial | undefined {
  if (token.agent !== agent.agent) return mismatch(`a delegation token of ${token.agent} was shown by ${agent.agent}`)
  if (token.confirmation === undefined) return undefined
  if (token.confirmation.kind === 'dpop') {
    return deny('token_invalid', 'the delegation token is bound to a DPoP key', {
      hint: 'DPoP-bound tokens are not taken here; get a bearer token or one bound to the client certificate.',
    })
  }
  if (certificate === undefined) return mismatch('the delegation token is bound to a certificate, and none was shown')
  if (!equalText(token.confirmation.thumbprint, certificate.thumbprint)) return mismatch('the delegation token is bound to another certificate')
  return undefined
}

function sameDelegation(one: Delegation, other: Delegation): boolean {
  return one.id === other.id && one.person === other.person && one.session === other.session
}

/** In constant time for equal lengths; the length of a thumbprint is no secret. */
function equalText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function noProof({ delegationToken }: Evidence): string {
  return delegationToken === undefined ? 'no proof of the agent was sent' : 'a delegation was shown, but no proof of the agent'
}

function mismatch(detail: string): Denial {
  return deny('proof_mismatch', detail)
}
