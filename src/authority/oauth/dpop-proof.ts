import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { PROOF_ALGORITHMS } from './algorithms.ts'

const WINDOW_S = 300
const JTI = /^[\x20-\x7e]{1,256}$/
const MAX_PROOF = 4_096

export interface ProofOptions {
  readonly shortLived: ShortLived
  readonly clock: Clock
  /** Where the proof is good: the endpoint's URL. */
  readonly url: string
}

/**
 * Checks a DPoP proof that is sent with a `POST` (RFC 9449 section 4.3), for the grant types that the library does not check it for.
 * @returns the key's thumbprint; undefined where the proof is not good here, now and for the first time
 */
export async function proofThumbprint(proof: string, { shortLived, clock, url }: ProofOptions): Promise<string | undefined> {
  const verified = proof.length > MAX_PROOF ? undefined
    : await jwtVerify(proof, EmbeddedJWK, { algorithms: [...PROOF_ALGORITHMS], typ: 'dpop+jwt' }).catch(() => undefined)
  if (verified === undefined) return undefined
  const { payload: { htm, htu, iat, jti }, protectedHeader: { jwk } } = verified
  const nowS = Math.floor(clock.nowMs() / 1000)
  if (htm !== 'POST' || typeof htu !== 'string' || withoutQuery(htu) !== url) return undefined
  if (typeof iat !== 'number' || Math.abs(nowS - iat) > WINDOW_S || typeof jti !== 'string' || !JTI.test(jti) || jwk === undefined) return undefined
  const thumbprint = await calculateJwkThumbprint(jwk)
  const first = await shortLived.putNew({ kind: 'dpop_jti', id: `${thumbprint} ${jti}`, payload: {}, expiresAtMs: (nowS + 2 * WINDOW_S) * 1000 })
  return first ? thumbprint : undefined
}

function withoutQuery(htu: string): string | undefined {
  const url = URL.parse(htu)
  return url === null ? undefined : `${url.origin}${url.pathname}`
}
