import { timingSafeEqual } from 'node:crypto'
import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { Delegation } from '../../model/principal.ts'
import type { AgentProof, Evidence, Prover } from './evidence.ts'
import { shownBy } from './shown-by.ts'
import type { Confirmation, DelegationToken } from './verified-token.ts'

/** Runs all provers: one agent comes out, or none; with a stand-in of a server's, that server. @returns the strongest proof: that of the first prover that has one */
export function agreedAgent(provers: readonly Prover[], evidence: Evidence): AgentProof | Denial {
  let agreed: AgentProof | undefined
  for (const prove of provers) {
    const proof = prove(evidence)
    if (proof === undefined) continue
    if (isDenial(proof)) return proof
    agreed ??= proof
    if (proof.agent !== agreed.agent) return mismatch(`the proofs by ${agreed.by} and by ${proof.by} are of different agents`)
  }
  if (agreed === undefined) {
    return deny('identity_required', noProof(evidence), {
      hint: 'Send the delegation token in Proxy-Authorization, or in Authorization where Postern is the base URL.',
    })
  }
  const { token } = evidence
  return (token?.kind === 'agent' ? unconfirmed(token.confirmation, evidence) : undefined) ?? agreed
}

/**
 * For whom the agent acts: the token of the delegation. All delegation tokens have to be this agent's and mean the same delegation; what the
 * agent sent counts before what the listener is bound to, and a stand-in token confines whatever else was shown.
 * @returns null where the agent showed no delegation: it acts for itself, if policy lets it
 */
export function agreedDelegation(agent: AgentProof, evidence: Evidence): DelegationToken | Denial | null {
  const bearer = evidence.token?.kind === 'delegation' ? evidence.token : undefined
  let agreed: DelegationToken | undefined
  let onlyIntegration: string | undefined
  for (const token of [evidence.delegationToken, bearer, evidence.boundToken]) {
    if (token === undefined) continue
    const refused = refusedToken(token, agent, evidence)
    if (refused !== undefined) return refused
    agreed ??= token
    // Of two issuers: what stands here would give way to what the other one says under the same id.
    if (token.kept !== agreed.kept) return mismatch('two delegation tokens of different issuers were shown')
    if (token.agent !== agreed.agent || token.via !== agreed.via) return mismatch('two delegation tokens of different agents were shown')
    if (!sameDelegation(token.delegation, agreed.delegation)) return mismatch('two delegation tokens of different delegations were shown')
    onlyIntegration ??= token.onlyIntegration
    if (token.onlyIntegration !== undefined && token.onlyIntegration !== onlyIntegration) return mismatch('two stand-in tokens of different integrations were shown')
  }
  if (agreed === undefined) return null
  return agreed.onlyIntegration === onlyIntegration ? agreed : { ...agreed, onlyIntegration }
}

function refusedToken(token: DelegationToken, agent: AgentProof, evidence: Evidence): Denial | undefined {
  if (shownBy(token) !== agent.agent) return mismatch(`a delegation token of ${shownBy(token)} was shown by ${agent.agent}`)
  // A proof goes with the token beside it; for the same token elsewhere none was made.
  return unconfirmed(token.confirmation, token === evidence.token ? evidence : { ...evidence, dpopKey: undefined })
}

/** Whether some key that the token is bound to was not shown. */
function unconfirmed(confirmation: Confirmation | undefined, { proofs: { certificate: shown }, dpopKey }: Evidence): Denial | undefined {
  if (confirmation === undefined) return undefined
  if (confirmation.dpopKey !== undefined && confirmation.dpopKey !== dpopKey) {
    return deny('token_invalid', 'the token is bound to a DPoP key, of which no proof was sent with it', {
      hint: 'A DPoP-bound token is taken only where Postern is the base URL, as Authorization: DPoP with a proof; else get a bearer token or one bound to the client certificate.',
    })
  }
  if (confirmation.certificate === undefined) return undefined
  if (shown === undefined) return mismatch('the token is bound to a certificate, and none was shown')
  return equalText(confirmation.certificate, shown.thumbprint) ? undefined : mismatch('the token is bound to another certificate')
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
