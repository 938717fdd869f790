import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { Delegation, Principal } from '../../model/principal.ts'
import type { AgentRecord, Directory, Revocations } from '../../sync/contract.ts'
import type { Proofs, Received, Stage } from '../exchange.ts'
import { agreedAgent, agreedDelegation } from './agree.ts'
import { DpopVerifier } from './dpop.ts'
import type { AgentProof, Evidence, Prover } from './evidence.ts'
import { boundProver } from './prove-bound.ts'
import { certificateProver } from './prove-certificate.ts'
import { serviceAccountProver } from './prove-service-account.ts'
import { tokenProver } from './prove-token.ts'
import { standingDelegation } from './standing-delegation.ts'
import type { TokenVerifier } from './token-verifier.ts'
import type { DelegationToken } from './verified-token.ts'
import { verifyEvidence } from './verify-evidence.ts'

export interface IdentifyOptions {
  readonly tokens: TokenVerifier
  readonly directory: Directory
  readonly revocations: Revocations
  /** The only SPIFFE trust domain that client certificates may be of; undefined where none is configured. */
  readonly trustDomain: string | undefined
}

/** The stage, and the same judgement for a CONNECT, which is authenticated before there is an exchange. */
export interface Identify extends Stage<Received, 'principal', Principal> {
  /**
   * Exactly one principal, of all that was sent. Synchronous where every token was verified before.
   * @param nowMs wall clock
   * @returns the principal, or `identity_required`, `token_invalid`, `token_expired`, `certificate_refused`,
   *   `proof_mismatch`, `agent_unknown`, `agent_revoked`, `delegation_revoked`, `delegation_expired` or `session_ended`
   * @throws Fault `authority_unavailable` where an issuer's keys or what is revoked cannot be told (or a promise that rejects with it)
   */
  identifyProofs(proofs: Proofs, nowMs: number): Principal | Denial | Promise<Principal | Denial>
}

/** Makes the stage that tells which agent this is and for whom it acts (design 6.1). */
export function createIdentify(options: IdentifyOptions): Identify {
  // Strongest first: the first that has a proof names how the agent was identified; all of them must agree.
  const provers: readonly Prover[] = [
    certificateProver(options.directory, options.trustDomain),
    serviceAccountProver(options.directory),
    tokenProver,
    boundProver,
  ]
  const verifiers = { tokens: options.tokens, directory: options.directory, dpop: new DpopVerifier() }
  const identifyProofs: Identify['identifyProofs'] = (proofs, nowMs) => {
    const evidence = verifyEvidence(verifiers, proofs, nowMs)
    const conclude = (verified: Evidence | Denial): Principal | Denial =>
      isDenial(verified) ? verified : principalOf(verified, provers, options)
    return evidence instanceof Promise ? evidence.then(conclude) : conclude(evidence)
  }
  return {
    name: 'identify',
    adds: 'principal',
    identifyProofs,
    run: (exchange) => identifyProofs(exchange.proofs, exchange.receivedAtMs),
  }
}

function principalOf(evidence: Evidence, provers: readonly Prover[], { directory, revocations }: IdentifyOptions): Principal | Denial {
  // who: one agent, by every proof of it
  const proof = agreedAgent(provers, evidence)
  if (isDenial(proof)) return proof
  // for whom: shown by a token that is bound to this agent
  const token = agreedDelegation(proof, evidence)
  if (token !== null && isDenial(token)) return token
  // a good proof of an agent that nobody registered is no identity
  const shower = directory.agent(proof.agent)
  if (shower === undefined) return deny('agent_unknown', `${proof.agent} is not registered`)
  // who acts: the one that shows it, or the one whose token it was exchanged for
  const agent = token === null ? shower : directory.agent(token.agent)
  if (agent === undefined) return deny('agent_unknown', `${token?.agent ?? proof.agent} is not registered`)
  // told as what it is: its delegations ended with it
  for (const { id, status } of [agent, shower]) {
    if (status !== 'active') return { ...deny('agent_revoked', `${id} has been revoked`), principal: principalFor(agent, proof, token, token?.delegation) }
  }
  // what stands of it at the authority that keeps it, which may be less than was signed
  const delegation = token === null ? undefined : standingDelegation(token, directory, evidence.nowMs)
  if (delegation !== undefined && isDenial(delegation)) return { ...delegation, principal: principalFor(agent, proof, token, token?.delegation) }
  const principal = principalFor(agent, proof, token, delegation)
  // last, and never cached: what was taken back since the token was verified
  const refusal = revocations.refusal(principal)
  return refusal === undefined ? principal : { ...refusal, principal }
}

/** The principal of a token's last use: while nothing of it has changed the same object stands for it, so that what was made for it is found again. */
const latest = new WeakMap<DelegationToken, Principal>()

function principalFor({ id, name }: AgentRecord, { by }: AgentProof, token: DelegationToken | null, delegation: Delegation | undefined): Principal {
  const known = token === null ? undefined : latest.get(token)
  if (known !== undefined && known.agent === id && known.agentName === name && known.identifiedBy === by && known.delegation === delegation) return known
  const principal = { agent: id, agentName: name, identifiedBy: by, delegation, onlyIntegration: token?.onlyIntegration, via: token?.via }
  if (token !== null) latest.set(token, principal)
  return principal
}
