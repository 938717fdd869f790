import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { SingleFlight } from '../../lib/single-flight.ts'
import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import { CLOCK_TOLERANCE_MS } from './clock-tolerance.ts'
import { SIGNATURE_ALGORITHMS } from './key-set.ts'
import type { VerificationKey } from './key-set.ts'
import type { TokenProfile } from './token-profile.ts'
import { VerificationCache } from './verification-cache.ts'
import type { CacheBounds, Verification } from './verification-cache.ts'
import type { VerifiedToken } from './verified-token.ts'

const MAX_TOKEN_LENGTH = 16_384
const MAX_KID_LENGTH = 256
const BOUNDS: CacheBounds = { maxVerifications: 4096, maxRefusals: 1024 }

type Verified = VerifiedToken | Denial

interface Peeked {
  readonly profile: TokenProfile
  readonly kid: string
  readonly algorithm: string
}

/** By which a token is found again. */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'base64url')
}

/**
 * Verifies the tokens of all issuers that are configured. Which issuer is meant, the token's `iss` and `typ` tell; what it
 * is worth, only that issuer's keys: a key, a key's URL or a certificate in the token's own header is never looked at.
 */
export class TokenVerifier {
  readonly #profiles: readonly TokenProfile[]
  readonly #cache: VerificationCache
  readonly #flights = new SingleFlight<Verification | Denial>()

  constructor(profiles: readonly TokenProfile[], bounds: CacheBounds = BOUNDS) {
    this.#profiles = profiles
    this.#cache = new VerificationCache(bounds)
  }

  /** How many tokens are remembered. */
  get remembered(): number {
    return this.#cache.size
  }

  /**
   * Synchronous for a token that was verified before.
   * @param nowMs wall clock
   * @param digest of this token, where it is at hand
   * @returns what the token says, or `token_invalid` or `token_expired`
   * @throws Fault `authority_unavailable` where the issuer's keys cannot be had (or a promise that rejects with it)
   */
  verify(token: string, nowMs: number, digest = tokenDigest(token)): Verified | Promise<Verified> {
    if (token.length > MAX_TOKEN_LENGTH) return invalid(`it is longer than ${MAX_TOKEN_LENGTH} characters`)
    const known = this.#cache.verification(digest)
    if (known === undefined) return this.#cache.refusal(digest, nowMs) ?? this.#anew(token, digest, nowMs)
    const trusted = known.profile.keys.trusts(known.keyId)
    if (trusted === true) return this.#atTime(known, digest, nowMs)
    return this.#whenTrusted(trusted, known, { token, digest, nowMs })
  }

  async #whenTrusted(
    trusted: boolean | Promise<boolean>, known: Verification, use: { token: string, digest: string, nowMs: number },
  ): Promise<Verified> {
    if (await trusted) return this.#atTime(known, use.digest, use.nowMs)
    this.#cache.forget(use.digest)
    return this.#anew(use.token, use.digest, use.nowMs)
  }

  #atTime(verification: Verification, digest: string, nowMs: number): Verified {
    if (nowMs < verification.expiresAtMs + CLOCK_TOLERANCE_MS) return verification.token
    this.#cache.forget(digest)
    return expired(verification.profile)
  }

  async #anew(token: string, digest: string, nowMs: number): Promise<Verified> {
    const result = await this.#flights.run(digest, () => this.#verifyOnce(token, digest, nowMs))
    return isDenial(result) ? result : this.#atTime(result, digest, nowMs)
  }

  async #verifyOnce(token: string, digest: string, nowMs: number): Promise<Verification | Denial> {
    const peeked = this.#peek(token)
    const profile = isDenial(peeked) ? undefined : peeked.profile
    const result = isDenial(peeked) ? peeked : await verifySignature(token, peeked, nowMs)
    const generation = profile?.keys.generation ?? 0
    if (isDenial(result)) this.#cache.keepRefusal(digest, { denial: result, profile, generation, madeAtMs: nowMs })
    else this.#cache.keep(digest, result)
    return result
  }

  /** Nothing that is read here is believed: it only chooses whose keys decide. */
  #peek(token: string): Peeked | Denial {
    try {
      const header = decodeProtectedHeader(token)
      const { iss } = decodeJwt(token)
      const ofIssuer = this.#profiles.filter((profile) => profile.issuer === iss)
      if (ofIssuer.length === 0) return invalid('its issuer is not configured here')
      const typ = plainType(header.typ)
      const profile = ofIssuer.find((candidate) => candidate.takesType(typ))
      if (profile === undefined) return invalid('its typ is not one that is taken from its issuer')
      const algorithm = SIGNATURE_ALGORITHMS.find((name) => name === header.alg)
      if (algorithm === undefined) return invalid('its alg is not one that is taken', profile)
      const { kid } = header
      if (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH) return invalid('it names no key (kid)', profile)
      return { profile, kid, algorithm }
    } catch {
      return invalid('it is no signed JWT')
    }
  }
}

async function verifySignature(token: string, peeked: Peeked, nowMs: number): Promise<Verification | Denial> {
  const { profile } = peeked
  const key = await profile.keys.find(peeked.kid, peeked.algorithm)
  if (key === undefined) return invalid('its issuer has no such key', profile)
  const verified = await verifiedClaims(token, key, profile, nowMs)
  if (isDenial(verified)) return verified
  const { exp, iat } = verified.claims
  if (typeof exp !== 'number' || typeof iat !== 'number') return invalid('it has no exp or iat', profile)
  if (iat * 1000 > nowMs + CLOCK_TOLERANCE_MS) return invalid('it was issued in the future', profile)
  if ((exp - iat) * 1000 > profile.maxLifetimeMs) return invalid('it lives longer than is taken here', profile)
  const read = profile.read(verified.claims)
  if (typeof read === 'string') return invalid(read, profile)
  return { token: read, profile, keyId: key.id, expiresAtMs: exp * 1000 }
}

async function verifiedClaims(
  token: string, key: VerificationKey, profile: TokenProfile, nowMs: number,
): Promise<{ readonly claims: JWTPayload } | Denial> {
  try {
    const { payload } = await jwtVerify(token, key.key, {
      algorithms: [key.algorithm],
      issuer: profile.issuer,
      audience: profile.audience,
      requiredClaims: [...profile.requiredClaims],
      clockTolerance: CLOCK_TOLERANCE_MS / 1000,
      currentDate: new Date(nowMs),
    })
    return { claims: payload }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return expired(profile)
    return invalid(error instanceof errors.JOSEError ? joseReason(error) : 'it cannot be verified', profile)
  }
}

function joseReason(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not as it must be'}`
  }
  return error instanceof errors.JWSSignatureVerificationFailed ? 'its signature is wrong' : 'it is no JWT that can be verified'
}

function plainType(typ: unknown): string | undefined {
  if (typ === undefined) return undefined
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : ''
}

function invalid(reason: string, profile?: TokenProfile): Denial {
  return deny('token_invalid', `the ${profile?.name ?? 'token'} is refused: ${reason}`)
}

function expired(profile: TokenProfile): Denial {
  return deny('token_expired', `the ${profile.name} has expired`, { hint: 'Get a new token and send the request again.' })
}
