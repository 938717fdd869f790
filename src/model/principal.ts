import type { AgentId, DelegationId, PersonId, SessionId } from './ids.ts'

/** How the agent proved who it is. */
export type IdentifiedBy = 'token' | 'mtls' | 'service_account' | 'bound'

/** What one person approved at one integration (RFC 9396 `authorization_details`, type `postern`). */
export interface ConsentDetail {
  readonly integration: string
  /** In the upstream's words or a catalogue alias, as approved: `pulls:read`. */
  readonly scopes: readonly string[]
  /** Target globs, as in policy: `acme-corp/*`. */
  readonly targets: readonly string[]
}

/** A person's live approval of this agent. */
export interface Delegation {
  readonly id: DelegationId
  readonly person: PersonId
  readonly personName: string | undefined
  readonly session: SessionId | undefined
  readonly consent: readonly ConsentDetail[]
  /** Wall clock, when it is no longer taken: the delegation token's `exp` and the tolerance between clocks. */
  readonly expiresAtMs: number
}

/** The authenticated identity of one exchange. */
export interface Principal {
  readonly agent: AgentId
  readonly agentName: string
  readonly identifiedBy: IdentifiedBy
  /** Undefined where the agent acts for itself. */
  readonly delegation: Delegation | undefined
}
