import type { IncomingMessage } from 'node:http'
import { randomBytes } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import type { Clock } from '../../lib/clock.ts'
import type { PersonId } from '../../model/ids.ts'
import { AttemptLimit } from './attempt-limit.ts'
import type { BrowserBinding } from './browser-binding.ts'
import type { DeviceCodes, SubmittedCode } from './contract.ts'
import { isWaiting, readUserCode } from './device-answer.ts'
import { INTERACTION_PATH } from './endpoints.ts'
import { BROWSER_DETAIL } from './interaction-policy.ts'

/** Of 20^8 codes: a person who guesses all day finds none that is open. */
const MOST_FAILURES = 10
const WITHIN_MS = 15 * 60_000
/** Over all people together, should somebody have many accounts. */
const MOST_FAILURES_OF_ALL = 300
const EVERYBODY = 'everybody'

export interface DeviceCodesOptions {
  readonly provider: Provider
  readonly browsers: BrowserBinding
  readonly clock: Clock
}

/** The codes that devices show (RFC 8628), from the page where a person types one in to the question that it stands for. */
export class TypedDeviceCodes implements DeviceCodes {
  readonly #options: DeviceCodesOptions
  readonly #byPerson: AttemptLimit
  readonly #ofAll: AttemptLimit

  constructor(options: DeviceCodesOptions) {
    this.#options = options
    this.#byPerson = new AttemptLimit(options.clock, MOST_FAILURES, WITHIN_MS)
    this.#ofAll = new AttemptLimit(options.clock, MOST_FAILURES_OF_ALL, WITHIN_MS)
  }

  async submit(request: IncomingMessage, person: PersonId, typed: string): Promise<SubmittedCode> {
    if (!this.#byPerson.allows(person) || !this.#ofAll.allows(EVERYBODY)) return { kind: 'too_often', retryAfterMs: WITHIN_MS }
    const code = readUserCode(typed)
    const device = code === undefined ? undefined : await this.#options.provider.DeviceCode.findByUserCode(code)
    if (!isWaiting(device) || device.exp === undefined) {
      this.#byPerson.failed(person)
      this.#ofAll.failed(EVERYBODY)
      return { kind: 'unknown' }
    }
    return this.#ask(request, device.jti, device.exp, device.params ?? {})
  }

  /** The question is an interaction like any other, so that it is shown and answered in the same way. */
  async #ask(request: IncomingMessage, deviceCode: string, exp: number, params: Record<string, unknown>): Promise<SubmittedCode> {
    const { provider, browsers, clock } = this.#options
    const { secret, setCookie } = browsers.of(request.headers.cookie)
    const uid = randomBytes(32).toString('base64url')
    const interaction = new (provider.Interaction as unknown as InteractionConstructor)(uid, {
      returnTo: '', params, deviceCode, prompt: { name: 'consent', reasons: [], details: { [BROWSER_DETAIL]: browsers.digest(secret) } }, cid: uid,
    })
    await interaction.save(Math.max(1, exp - Math.floor(clock.nowMs() / 1000)))
    for (const over of await browsers.opened(secret, uid, exp * 1000)) await (await provider.Interaction.find(over))?.destroy()
    return { kind: 'found', location: `${INTERACTION_PATH}/${uid}`, setCookie }
  }
}

/** As the library itself makes them; its types leave the constructor out. */
type InteractionConstructor = new (uid: string, payload: Record<string, unknown>) => { save(ttlS: number): Promise<string> }
