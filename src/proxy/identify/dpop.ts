import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWK, type JWTPayload } from 'jose'
import { deny, type Denial } from '../../model/denial.ts'
import type { DpopProof } from '../exchange.ts'
import { CLOCK_TOLERANCE_MS } from './clock-tolerance.ts'
import { DpopReplays, type ReplayBounds } from './dpop-replays.ts'
import { SIGNATURE_ALGORITHMS } from './key-set.ts'

const MAX_PROOF_LENGTH = 4_096
const JTI = /^[\x21-\x7e]{1,256}$/
/** From the tolerance before a proof's `iat` to the tolerance after it. */
const WINDOW_MS = 2 * CLOCK_TOLERANCE_MS
const BOUNDS: ReplayBounds = { max: 200_000, maxPerKey: 50_000 }

/** Verifies proofs of possession (RFC 9449 section 4.3), each good for one request. */
export class DpopVerifier {
  readonly #replays: DpopReplays

  constructor(bounds: ReplayBounds = BOUNDS) {
    this.#replays = new DpopReplays(WINDOW_MS, bounds)
  }

  /**
   * @param token the access token that the proof goes with
   * @param key RFC 7638 thumbprint of the key that the token is bound to
   * @param nowMs wall clock
   * @returns undefined where the proof is good, and used from now on
   */
  async refusal(proof: DpopProof, token: string, key: string, nowMs: number): Promise<Denial | undefined> {
    if (proof.proof.length > MAX_PROOF_LENGTH) return invalid('it is too long')
    const claims = await verifiedClaims(proof.proof, key)
    if (claims === undefined) return invalid('it is not signed by the key that the token is bound to')
    const problem = problemOf(claims, proof, token, nowMs)
    if (problem !== undefined) return invalid(problem)
    switch (this.#replays.use(key, String(claims.jti), nowMs)) {
      case 'first': return undefined
      case 'again': return invalid('it was used before')
      case 'full': return deny('overloaded', 'more DPoP proofs than can be remembered', { retryAfterMs: WINDOW_MS })
    }
  }
}

/** Its times are looked at by ourselves: a proof has an `iat` and no end. */
async function verifiedClaims(proof: string, key: string): Promise<JWTPayload | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: [...SIGNATURE_ALGORITHMS] })
    return await calculateJwkThumbprint(protectedHeader.jwk as JWK, 'sha256') === key ? payload : undefined
  } catch {
    return undefined
  }
}

function problemOf(claims: JWTPayload, { method, url }: DpopProof, token: string, nowMs: number): string | undefined {
  const { jti, iat } = claims
  if (typeof jti !== 'string' || !JTI.test(jti)) return 'it has no jti'
  if (claims['htm'] !== method) return 'it is for another method'
  if (!isSameUrl(claims['htu'], url)) return 'it is for another URL'
  if (claims['ath'] !== hash('sha256', token, 'base64url')) return 'it is for another token'
  if (typeof iat !== 'number' || Math.abs(nowMs - iat * 1000) > CLOCK_TOLERANCE_MS) return 'it was not made just now'
  return undefined
}

/** RFC 9449 section 4.3: without query and fragment, normalised by scheme. */
function isSameUrl(htu: unknown, url: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu) || !URL.canParse(url)) return false
  const [told, asked] = [new URL(htu), new URL(url)]
  return told.origin === asked.origin && told.pathname === asked.pathname
}

function invalid(reason: string): Denial {
  return deny('token_invalid', `the DPoP proof is refused: ${reason}`, { hint: 'Send a new DPoP proof for this very request.' })
}
