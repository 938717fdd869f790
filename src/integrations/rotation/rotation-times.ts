/** Every time that plays a part in rotation, with its reason; all in milliseconds. */
export interface RotationTimes {
  /** A token with less left is renewed. Long enough to outlive an outage of the upstream's token endpoint. */
  readonly refreshAheadMs: number
  /** Nor sooner than when this part of the life is left that it was first seen with: else a token of ten minutes would be renewed at every call. */
  readonly refreshAheadShare: number
  /** A token with less left is not handed out: it has to arrive alive. */
  readonly marginMs: number
  /** How long one call to the token endpoint may take. */
  readonly refreshTimeoutMs: number
  /** How long others keep away from a connection that is being refreshed; above the timeout, so that a live holder always ends first. */
  readonly leaseMs: number
  /** How often a process looks whether another has finished. */
  readonly pollMs: number
  readonly firstBackoffMs: number
  readonly longestBackoffMs: number
  /** Where no rule says how long a credential may be used. */
  readonly defaultCredentialMs: number
}

export const ROTATION_TIMES: RotationTimes = {
  refreshAheadMs: 30 * 60_000,
  refreshAheadShare: 0.25,
  marginMs: 60_000,
  refreshTimeoutMs: 10_000,
  leaseMs: 15_000,
  pollMs: 100,
  firstBackoffMs: 1000,
  longestBackoffMs: 60_000,
  defaultCredentialMs: 60 * 60_000,
}
