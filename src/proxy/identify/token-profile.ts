import type { JWTPayload } from 'jose'
import type { KeySource } from './key-source.ts'
import type { VerifiedToken } from './verified-token.ts'

/** One kind of token that we take, from one issuer. */
export interface TokenProfile {
  /** For messages: `delegation token`. */
  readonly name: string
  readonly issuer: string
  readonly audience: string
  readonly keys: KeySource
  /** The longest `exp` - `iat` that is taken: a token that never ends is not a proof. */
  readonly maxLifetimeMs: number
  /** Claims that have to be there, beside `iss` and `aud`. */
  readonly requiredClaims: readonly string[]
  /** @param typ the protected header's `typ`, lower case and without `application/` */
  takesType(typ: string | undefined): boolean
  /**
   * Gives the claims their meaning; the signature, issuer, audience and times are already verified.
   * @returns the meaning, or what is wrong in one clause that holds nothing of the token
   */
  read(claims: JWTPayload): VerifiedToken | string
}

/** Where a profile's issuer is and what it signs for. */
export interface IssuerOptions {
  /** Compared byte for byte with `iss`. */
  readonly issuer: string
  /** Has to be among `aud`. */
  readonly audience: string
  readonly keys: KeySource
  readonly maxLifetimeMs: number
}
