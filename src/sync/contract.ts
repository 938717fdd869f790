import type { CredentialOrder } from '../integrations/issuer.ts'
import type { Credential } from '../model/credential.ts'
import type { Denial } from '../model/denial.ts'
import type { AgentId, CredentialId, DelegationId, SessionId } from '../model/ids.ts'
import type { Principal } from '../model/principal.ts'

/**
 * All that the data plane asks of the control plane. Two transports: in-process, and HTTP later; neither side knows which.
 * Look-ups are synchronous: a transport keeps a local copy up to date and says by `revocations` what changed.
 */
export interface Sync extends CredentialSource {
  readonly directory: Directory
  readonly revocations: Revocations
}

/** Where credentials come from, and where it is told that they have ended. */
export interface CredentialSource {
  /**
   * A credential for one decided operation. `credential.issued` is safe before this resolves.
   * @throws Fault `credential_unavailable`, `authority_unavailable`, `audit_unavailable`
   */
  credential(order: CredentialOrder, signal: AbortSignal): Promise<Credential | Denial>
  /** The upstream answered that this credential is no longer good: it is dropped on both sides. */
  credentialRejected(id: CredentialId): void
  /**
   * Told for every credential that is over before or at its expiry (revoked, rejected, evicted, expired), so that no copy is used any more;
   * a credential that is ended upstream is told first. Ids that are not known may be told, too. @returns the unsubscribe function
   */
  onCredentialEnded(listener: (id: CredentialId) => void): () => void
}

/** One registered agent. */
export interface AgentRecord {
  readonly id: AgentId
  readonly name: string
  readonly owner: string | undefined
  readonly status: 'active' | 'revoked'
}

/** The agents, by each of their proofs. */
export interface Directory {
  agent(id: AgentId): AgentRecord | undefined
  /** @param spiffeId the certificate's one URI SAN, `spiffe://trust-domain/path` */
  agentBySpiffeId(spiffeId: string): AgentRecord | undefined
  /** @param subject RFC 2253-like, as the configuration writes it: `CN=pr-reviewer,O=Acme` */
  agentBySubject(subject: string): AgentRecord | undefined
  /** @param subject `system:serviceaccount:NAMESPACE:NAME` */
  agentByServiceAccount(subject: string): AgentRecord | undefined
}

/** What has been taken back. */
export interface Revocations {
  /** Rises by at least one whenever anything is revoked or restored; lets a cache ask cheaply. */
  readonly epoch: number
  /** Why this principal may not act any more, or undefined. Asked when it is identified and again just before the secret is written. */
  refusal(principal: Principal): Denial | undefined
  /** Told at once for every revocation, so that open streams are cut. @returns the unsubscribe function */
  subscribe(listener: (revoked: Revoked) => void): () => void
}

/** The smallest thing revoked; whatever belongs to it ends. */
export type Revoked =
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'delegation'; readonly id: DelegationId }
  | { readonly kind: 'session'; readonly id: SessionId }
