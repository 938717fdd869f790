import type { AgentId } from '../../model/ids.ts'
import type { Delegation } from '../../model/principal.ts'

/** To whose keys a token is bound (RFC 7800 `cnf`); each that is named has to be shown. */
export interface Confirmation {
  /** Good only with this client certificate (RFC 8705): base64url SHA-256 of its DER. */
  readonly certificate: string | undefined
  /** Good only with a proof by the key of this thumbprint (RFC 9449, RFC 7638). */
  readonly dpopKey: string | undefined
}

/** What a delegation token says, verified: this agent, for this person. */
export interface DelegationToken {
  readonly kind: 'delegation'
  readonly by: 'token' | 'session'
  readonly agent: AgentId
  readonly delegation: Delegation
  readonly confirmation: Confirmation | undefined
  /** Of our own authority, which keeps the delegation: what stands there now counts as well. */
  readonly kept: boolean
  /** Of a stand-in token: the one integration that it is good for. */
  readonly onlyIntegration: string | undefined
  /** Of a stand-in token that a server got for the agent's token: the server, which alone can show it. */
  readonly via: AgentId | undefined
}

/** What an agent's own token says, verified (client credentials): this agent, for nobody. */
export interface AgentToken {
  readonly kind: 'agent'
  readonly agent: AgentId
  readonly confirmation: Confirmation | undefined
}

/** What a Kubernetes service-account token says, verified. */
export interface ServiceAccountToken {
  readonly kind: 'service_account'
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly subject: string
}

export type VerifiedToken = DelegationToken | AgentToken | ServiceAccountToken
