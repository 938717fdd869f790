import type { CredentialOrder } from '../integrations/issuer.ts'
import type { Credential } from '../model/credential.ts'
import type { Denial } from '../model/denial.ts'
import type { AgentId, ApprovalId, ConnectionId, CredentialId, DelegationId, PersonId, SessionId } from '../model/ids.ts'
import type { Operation } from '../model/operation.ts'
import type { Principal, StandingConsent } from '../model/principal.ts'
import type { Decision } from '../model/decision.ts'

/**
 * All that the data plane asks of the control plane. Two transports: in-process, and HTTP later; neither side knows which.
 * Look-ups are synchronous: a transport keeps a local copy up to date and says by `revocations` what changed.
 */
export interface Sync extends CredentialSource {
  readonly directory: Directory
  readonly revocations: Revocations
  readonly approvals: ApprovalDesk
  readonly links: PersonLinks
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

/** One delegation that our own authority keeps and that is good now. */
export interface DelegationRecord extends StandingConsent {
  readonly id: DelegationId
  readonly agent: AgentId
  readonly person: PersonId
  readonly personName: string | undefined
  /** Wall clock. */
  readonly expiresAtMs: number
}

/** One session that runs now. */
export interface SessionRecord {
  readonly id: SessionId
  readonly delegation: DelegationId
  /** Wall clock. */
  readonly expiresAtMs: number
  /** SHA-256 of the whole session secret (`ses_….SECRET`), base64url; undefined where the session has none. */
  readonly secretDigest: string | undefined
}

/** The agents, by each of their proofs, and what people delegated to them. */
export interface Directory {
  agent(id: AgentId): AgentRecord | undefined
  /** @param spiffeId the certificate's one URI SAN, `spiffe://trust-domain/path` */
  agentBySpiffeId(spiffeId: string): AgentRecord | undefined
  /** @param subject RFC 2253-like, as the configuration writes it: `CN=pr-reviewer,O=Acme` */
  agentBySubject(subject: string): AgentRecord | undefined
  /** @param subject `system:serviceaccount:NAMESPACE:NAME` */
  agentByServiceAccount(subject: string): AgentRecord | undefined
  /** Undefined where it is not kept here, has expired or was revoked. */
  delegation(id: DelegationId): DelegationRecord | undefined
  /** Undefined where it is not kept here, or has ended. */
  session(id: SessionId): SessionRecord | undefined
}

/** What has been taken back. */
export interface Revocations {
  /** Rises by at least one whenever anything is revoked or restored; lets a cache ask cheaply. */
  readonly epoch: number
  /**
   * Why this principal may not act any more, or undefined. Asked when it is identified and again just before the secret is written.
   * A delegation with `standing` has to be known and good here; one without is an outside issuer's, and good until it is taken back.
   * @throws Fault `authority_unavailable` where the local copy may be older than the lease allows
   */
  refusal(principal: Principal): Denial | undefined
  /**
   * Told at once, and once, for every revocation, so that open streams are cut.
   * @param listener tells how many open streams it cut, where it cuts any
   * @returns the unsubscribe function
   */
  subscribe(listener: (revoked: Revoked) => number | void): () => void
}

/** The smallest thing revoked; whatever belongs to it ends. */
export type Revoked =
  | { readonly kind: 'agent'; readonly id: AgentId }
  | { readonly kind: 'delegation'; readonly id: DelegationId }
  | { readonly kind: 'session'; readonly id: SessionId }
  | { readonly kind: 'connection'; readonly id: ConnectionId }

/** What a layer asks a person about. */
export interface ApprovalOrder {
  readonly principal: Principal
  readonly operation: Operation
  /** The asking decision. */
  readonly decision: Decision
  /** `POST /repos/acme-corp/backend/pulls/42/merge`: what the person reads; without the query. */
  readonly request: string
}

/** Where decisions that ask are put before a person. */
export interface ApprovalDesk {
  /** The approval of just this, where a person has given one and it still runs. Synchronous, O(1). */
  approved(order: ApprovalOrder): ApprovalId | undefined
  /**
   * Puts the question, once: the same question again is the same approval.
   * @returns where a person can answer; undefined where nobody can (no person is concerned and no operator is configured)
   */
  ask(order: ApprovalOrder, signal: AbortSignal): Promise<string | undefined>
}

/** Where a person can mend what was refused. Pure; undefined where no authority serves people, or no person is concerned. */
export interface PersonLinks {
  consent(principal: Principal, integration: string, scopes: readonly string[], targets: readonly string[]): string | undefined
  connect(principal: Principal, integration: string): string | undefined
}
