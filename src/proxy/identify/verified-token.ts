import type { AgentId } from '../../model/ids.ts'
import type { Delegation } from '../../model/principal.ts'

/** A token that binds itself to its holder's key (RFC 7800 `cnf`). */
export type Confirmation =
  /** Good only with this client certificate (RFC 8705): base64url SHA-256 of its DER. */
  | { readonly kind: 'certificate', readonly thumbprint: string }
  /** Good only with a DPoP proof (RFC 9449), which nobody can send through a proxy. */
  | { readonly kind: 'dpop' }

/** What a delegation token says, verified: this agent, for this person. */
export interface DelegationToken {
  readonly kind: 'delegation'
  readonly agent: AgentId
  readonly delegation: Delegation
  readonly confirmation: Confirmation | undefined
}

/** What a Kubernetes service-account token says, verified. */
export interface ServiceAccountToken {
  readonly kind: 'service_account'
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly subject: string
}

export type VerifiedToken = DelegationToken | ServiceAccountToken
