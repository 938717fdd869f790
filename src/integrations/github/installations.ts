import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Denial } from '../../model/denial.ts'
import { deny, Fault } from '../../model/denial.ts'
import type { UpstreamResponse } from '../upstream-http.ts'
import type { GithubApi } from './api.ts'
import { jsonObject } from './api.ts'
import type { AppIdentity } from './app-identity.ts'
import type { CredentialPlan } from './credential-plan.ts'

/** Where the app is installed for an owner. */
export interface InstallationId {
  readonly id: number
  /** It may be out of date, so that a 404 is reason to look once more. */
  readonly remembered: boolean
}

interface Remembered {
  readonly id: number
  readonly untilMonotonicMs: number
}

/** An owner who installs the app anew gets another id; longer is not needed either. */
const REMEMBERED_MS = 600_000
const MAX_REMEMBERED = 1_000

/** Finds the app's installation by owner; the configured one wins. */
export class Installations {
  readonly #api: GithubApi
  readonly #app: AppIdentity
  readonly #clock: Clock
  readonly #configured: number | undefined
  readonly #byOwner = new BoundedCache<Remembered>(MAX_REMEMBERED)

  constructor(api: GithubApi, app: AppIdentity, clock: Clock, configured: number | undefined) {
    this.#api = api
    this.#app = app
    this.#clock = clock
    this.#configured = configured
  }

  /**
   * @returns the installation, or the denial `connection_required` where the app is not installed there
   * @throws Fault `credential_unavailable`
   */
  async find(plan: CredentialPlan, signal: AbortSignal): Promise<InstallationId | Denial> {
    if (this.#configured !== undefined) return { id: this.#configured, remembered: false }
    if (plan.owner === undefined) {
      return deny('credential_refused', 'no account to find an installation by', { hint: 'The GitHub integration has no fixed installation.' })
    }
    const known = this.#byOwner.get(plan.owner)
    if (known !== undefined && known.untilMonotonicMs > this.#clock.monotonicMs()) return { id: known.id, remembered: true }
    return this.#lookUp(plan.owner, plan.repositories[0], signal)
  }

  /** GitHub no longer knows the one that was remembered for this owner. */
  forget(owner: string | undefined): void {
    if (owner !== undefined) this.#byOwner.delete(owner)
  }

  async #lookUp(owner: string, repository: string | undefined, signal: AbortSignal): Promise<InstallationId | Denial> {
    const path = repository === undefined ? `/orgs/${owner}/installation` : `/repos/${owner}/${repository}/installation`
    const answer = await this.#api.sendAsApp(this.#app, 'GET', path, signal)
    if (answer.status !== 200) return refusalOf(answer)
    const { id } = jsonObject(answer.body)
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0) throw new Fault('credential_unavailable', 'GitHub named no installation')
    this.#byOwner.set(owner, { id, untilMonotonicMs: this.#clock.monotonicMs() + REMEMBERED_MS })
    return { id, remembered: false }
  }
}

function refusalOf(answer: UpstreamResponse): Denial {
  if (answer.status === 404) {
    return deny('connection_required', 'the app is not installed for this owner, or not on this repository', {
      hint: 'The GitHub App is not installed on this repository’s account, or was not given this repository.',
    })
  }
  if (answer.status === 301 || answer.status === 302 || answer.status === 307 || answer.status === 308) {
    return deny('credential_refused', 'the repository has another name now', { hint: 'The repository was renamed or moved: use its new name.' })
  }
  throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked for the installation`)
}
