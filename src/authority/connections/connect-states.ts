import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { PersonId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { sameSecret } from '../../lib/same-secret.ts'

/** Ties connecting that was begun to the browser that began it; `__Host-` as all cookies of ours. */
export const CONNECT_COOKIE = '__Host-postern-connect'

/** One attempt to connect, between leaving for the upstream and coming back. */
export interface ConnectAttempt {
  readonly integration: string
  readonly person: PersonId
  /** `install`: an app is put on an account there, and nothing is authorised by it. */
  readonly purpose: 'authorize' | 'install'
  /** What the person calls the connection; undefined where the account's name will do. */
  readonly label: string | undefined
  readonly returnTo: string
  readonly codeVerifier: Secret
}

/** What an attempt is begun with, made once. */
export interface BegunAttempt {
  readonly state: string
  /** RFC 7636 section 4.2, S256. */
  readonly codeChallenge: string
}

/** Why a state is not good here. `foreign`: it is another person's, browser's or integration's. */
export type StateRefusal = 'unknown' | 'foreign'

const KIND = 'connect_state'
/** For signing in there with a second factor, and reading what is asked. */
export const CONNECT_STATE_MS = 15 * 60_000

/** The states of connecting: each good once, for the person, the browser and the integration that it was made for. */
export class ConnectStates {
  readonly #shortLived: ShortLived
  readonly #clock: Clock

  constructor(shortLived: ShortLived, clock: Clock) {
    this.#shortLived = shortLived
    this.#clock = clock
  }

  /** @param browser the value of the connect cookie */
  async begin(browser: string, attempt: Omit<ConnectAttempt, 'codeVerifier'>): Promise<BegunAttempt> {
    const state = newSecret()
    const codeVerifier = newSecret()
    const { integration, person, purpose, label, returnTo } = attempt
    const payload = { integration, person, purpose, returnTo, codeVerifier, browser: digest(browser), ...(label === undefined ? {} : { label }) }
    await this.#shortLived.put({ kind: KIND, id: state, payload, expiresAtMs: this.#clock.nowMs() + CONNECT_STATE_MS })
    return { state, codeChallenge: digest(codeVerifier) }
  }

  /**
   * Uses a state up. One that is somebody else's is left to whom it belongs to.
   * @param expected as whom, where and for what it was shown
   */
  async take(
    state: string, browser: string | undefined, expected: Pick<ConnectAttempt, 'integration' | 'person' | 'purpose'>,
  ): Promise<ConnectAttempt | StateRefusal> {
    const record = await this.#shortLived.find(KIND, state)
    if (record === undefined || record.consumedAtMs !== undefined) return 'unknown'
    const found = readAttempt(record.payload)
    if (found === undefined) return 'unknown'
    const { attempt, boundTo } = found
    const theirs = attempt.person === expected.person && attempt.integration === expected.integration && attempt.purpose === expected.purpose
    if (!theirs || browser === undefined || !sameSecret(boundTo, digest(browser))) return 'foreign'
    return (await this.#shortLived.consume(KIND, state, newSecret())) === 'first' ? attempt : 'unknown'
  }
}

/** 256 random bits in base64url: a state, a verifier, a cookie. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function readAttempt(payload: Readonly<Record<string, unknown>>): { readonly attempt: ConnectAttempt; readonly boundTo: string } | undefined {
  const { integration, person, purpose, returnTo, codeVerifier, browser, label } = payload
  const texts = [integration, person, returnTo, codeVerifier, browser]
  if (!texts.every((one) => typeof one === 'string' && one !== '') || (purpose !== 'authorize' && purpose !== 'install')) return undefined
  return {
    boundTo: browser as string,
    attempt: {
      integration: integration as string,
      person: person as PersonId,
      purpose,
      label: typeof label === 'string' ? label : undefined,
      returnTo: returnTo as string,
      codeVerifier: new Secret(codeVerifier as string),
    },
  }
}
