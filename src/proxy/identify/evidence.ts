import type { Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { IdentifiedBy } from '../../model/principal.ts'
import type { Proofs } from '../exchange.ts'
import type { DelegationToken, VerifiedToken } from './verified-token.ts'

/** Everything that was sent as a proof, its tokens verified. */
export interface Evidence {
  readonly proofs: Proofs
  /** Wall clock. */
  readonly nowMs: number
  /** Of `Proxy-Authorization` (in reverse mode `Authorization`). */
  readonly token: VerifiedToken | undefined
  /** Of `Postern-Delegation`: tells for whom, never who. */
  readonly delegationToken: DelegationToken | undefined
  /** Of the bound listener's file: tells for whom, never who. */
  readonly boundToken: DelegationToken | undefined
  /** Thumbprint of the DPoP key that `token` was shown with; undefined where no proof came, and none that was not good. */
  readonly dpopKey: string | undefined
}

/** One proof of who the agent is. */
export interface AgentProof {
  readonly agent: AgentId
  readonly by: IdentifiedBy
}

/** Looks for one kind of proof. @returns undefined where it was not sent; a denial where it was and is not good */
export type Prover = (evidence: Evidence) => AgentProof | Denial | undefined
