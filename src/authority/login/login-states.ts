import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { sameSecret } from '../../lib/same-secret.ts'
import type { SignInAttempt } from './identity-provider.ts'

/** One attempt to sign in, as it was begun in one browser. */
export interface BegunSignIn {
  readonly attempt: SignInAttempt
  readonly returnTo: string
}

const KIND = 'login_state'
/** For a password, a second factor, and looking for the phone. */
export const LOGIN_STATE_MS = 15 * 60_000

/** Attempts between leaving for the identity provider and coming back: each good once, and in the browser that began it only. */
export class LoginStates {
  readonly #shortLived: ShortLived
  readonly #clock: Clock

  constructor(shortLived: ShortLived, clock: Clock) {
    this.#shortLived = shortLived
    this.#clock = clock
  }

  /** @param browser the value of the login cookie */
  async keep(browser: string, { attempt, returnTo }: BegunSignIn): Promise<void> {
    const { state, nonce, codeVerifier } = attempt
    const payload = { nonce, codeVerifier, returnTo, browser: digest(browser) }
    await this.#shortLived.put({ kind: KIND, id: state, payload, expiresAtMs: this.#clock.nowMs() + LOGIN_STATE_MS })
  }

  /** @returns undefined where it is over, was used before, or was begun in another browser: which then has it still */
  async take(browser: string, state: string): Promise<BegunSignIn | undefined> {
    const record = await this.#shortLived.find(KIND, state)
    if (record === undefined || record.consumedAtMs !== undefined) return undefined
    const { nonce, codeVerifier, returnTo, browser: bound } = record.payload
    if (typeof nonce !== 'string' || typeof codeVerifier !== 'string' || typeof returnTo !== 'string' || typeof bound !== 'string') return undefined
    if (!sameSecret(bound, digest(browser))) return undefined
    const consumption = await this.#shortLived.consume(KIND, state, randomBytes(9).toString('base64url'))
    return consumption === 'first' ? { attempt: { state, nonce, codeVerifier }, returnTo } : undefined
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
