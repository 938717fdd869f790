import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from './ids.ts'

/** How the agent proved who it is; `session`: by a session secret. */
export type IdentifiedBy = 'token' | 'session' | 'mtls' | 'service_account' | 'bound'

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
  /** What the token says was approved: an upper bound. */
  readonly consent: readonly ConsentDetail[]
  /**
   * What stands approved at the authority that keeps this delegation: a second upper bound, since a token may be older than the person's last
   * word, and narrower by the agent's own wish. Undefined for tokens of an issuer that is not ours.
   */
  readonly standing?: StandingConsent | undefined
  /** Wall clock, when it is no longer taken: the delegation token's `exp` and the tolerance between clocks. */
  readonly expiresAtMs: number
}

/** What our own authority keeps of a delegation. */
export interface StandingConsent {
  readonly consent: readonly ConsentDetail[]
  /** The groups that the identity provider told of the person at their last sign-in. */
  readonly groups: readonly string[]
  /** By integration: the one connection that the delegation is bound to. */
  readonly connections: Readonly<Record<string, ConnectionId>>
}

/** The authenticated identity of one exchange. */
export interface Principal {
  readonly agent: AgentId
  readonly agentName: string
  readonly identifiedBy: IdentifiedBy
  /** Undefined where the agent acts for itself. */
  readonly delegation: Delegation | undefined
  /** Of a stand-in token: the one integration that it is good for; undefined where nothing of the kind confines it. */
  readonly onlyIntegration?: string | undefined
  /** The agent that acts on this one's behalf, a server that exchanged its token for a stand-in; undefined where it acts itself. */
  readonly via?: AgentId | undefined
}
