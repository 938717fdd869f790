import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Denial } from '../../model/denial.ts'
import type { TokenProfile } from './token-profile.ts'
import type { VerifiedToken } from './verified-token.ts'

/** A token's verification, with all that has to be looked at again at each use. */
export interface Verification {
  readonly token: VerifiedToken
  readonly profile: TokenProfile
  /** Thumbprint of the key that verified it. */
  readonly keyId: string
  /** Wall clock: the token's `exp`. */
  readonly expiresAtMs: number
}

/** A token's refusal: holds for a moment, and only under the keys it was made with. */
export interface Refusal {
  readonly denial: Denial
  readonly profile: TokenProfile | undefined
  readonly generation: number
  /** Wall clock. */
  readonly madeAtMs: number
}

/** Long enough to take the cost out of a repeated bad token, short enough that nobody waits for a repaired one. */
const REFUSAL_MS = 5000

/** Bounds of the cache, in tokens. */
export interface CacheBounds {
  readonly maxVerifications: number
  readonly maxRefusals: number
}

/**
 * Remembers tokens by their SHA-256 digest, never the tokens themselves. The two kinds are bounded apart: who sends
 * invented tokens pushes out no good one.
 */
export class VerificationCache {
  readonly #verifications: BoundedCache<Verification>
  readonly #refusals: BoundedCache<Refusal>

  constructor(bounds: CacheBounds) {
    this.#verifications = new BoundedCache(bounds.maxVerifications)
    this.#refusals = new BoundedCache(bounds.maxRefusals)
  }

  /** How many tokens are remembered, of both kinds. */
  get size(): number {
    return this.#verifications.size + this.#refusals.size
  }

  verification(digest: string): Verification | undefined {
    return this.#verifications.get(digest)
  }

  /** @returns the refusal while it lasts and its issuer's keys are the same */
  refusal(digest: string, nowMs: number): Denial | undefined {
    const refusal = this.#refusals.get(digest)
    if (refusal === undefined) return undefined
    // One from the future was made by a clock that has been set back since, and perhaps because of it.
    const recent = nowMs >= refusal.madeAtMs && nowMs < refusal.madeAtMs + REFUSAL_MS
    const holds = recent && (refusal.profile?.keys.generation ?? 0) === refusal.generation
    if (!holds) this.#refusals.delete(digest)
    return holds ? refusal.denial : undefined
  }

  keep(digest: string, verification: Verification): void {
    this.#refusals.delete(digest)
    this.#verifications.set(digest, verification)
  }

  keepRefusal(digest: string, refusal: Refusal): void {
    this.#refusals.set(digest, refusal)
  }

  forget(digest: string): void {
    this.#verifications.delete(digest)
  }
}
