import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'

/** GitHub refuses an `exp` more than ten minutes ahead of its clock; a minute is left for drift. */
const LIFETIME_S = 540
/** GitHub's advice against drift. */
const BACKDATED_S = 60
/** Less is no reason for a refusal. */
const WORTH_CORRECTING_MS = 5_000

/** A GitHub App as it proves itself: a short RS256 JWT, dated by GitHub's clock where ours is off. */
export class AppIdentity {
  readonly #issuer: string
  readonly #key: KeyObject
  readonly #clock: Clock
  #skewMs = 0

  /**
   * @param privateKey PEM, PKCS#1 as GitHub gives it or PKCS#8
   * @throws TypeError where it is no RSA private key
   */
  constructor(app: { readonly id: string; readonly privateKey: Secret }, clock: Clock) {
    this.#issuer = app.id
    this.#key = readKey(app.privateKey)
    this.#clock = clock
  }

  /** By GitHub's clock, as far as it is known to differ from ours. */
  nowMs(): number {
    return this.#clock.nowMs() + this.#skewMs
  }

  /** How far GitHub's clock is ahead of ours, as far as a refusal has shown it. */
  get skewMs(): number {
    return this.#skewMs
  }

  /** A new JWT. It is a credential: never logged. */
  token(): Promise<string> {
    const nowS = Math.floor(this.nowMs() / 1000)
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(this.#issuer)
      .setIssuedAt(nowS - BACKDATED_S)
      .setExpirationTime(nowS + LIFETIME_S)
      .sign(this.#key)
  }

  /**
   * Takes over GitHub's clock from the `Date` of a refusal.
   * @returns whether that changed anything, and so whether trying once more makes sense
   */
  correctClock(dateHeader: string | undefined): boolean {
    const theirsMs = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader)
    if (Number.isNaN(theirsMs) || Math.abs(theirsMs - this.nowMs()) < WORTH_CORRECTING_MS) return false
    this.#skewMs = theirsMs - this.#clock.nowMs()
    return true
  }
}

function readKey(privateKey: Secret): KeyObject {
  let key: KeyObject | undefined
  try {
    key = createPrivateKey(privateKey.reveal())
  } catch {
    // The cause would quote the key's text.
  }
  if (key?.asymmetricKeyType !== 'rsa') throw new TypeError('the private key of the GitHub App is no RSA key in PEM form')
  return key
}
