import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Denial } from '../../model/denial.ts'
import { deny, Fault, isDenial } from '../../model/denial.ts'
import type { CredentialOrder, Issuance, Issuer } from '../issuer.ts'
import type { UpstreamResponse } from '../upstream-http.ts'
import type { GithubApi } from './api.ts'
import type { AppIdentity } from './app-identity.ts'
import type { CredentialPlan } from './credential-plan.ts'
import { planCredential, planForPerson } from './credential-plan.ts'
import { Installations } from './installations.ts'
import { DEFAULT_LIFETIME_MS, UPSTREAM_MARGIN_MS } from './lifetimes.ts'
import { type GithubPersonOptions, PersonIssuing } from './person-issuer.ts'
import { placementFor } from './placement.ts'
import type { TokenAnswer } from './token-answer.ts'
import { mismatchOf, readTokenAnswer } from './token-answer.ts'
import { narrowingRefusal, notInstalled, tokenRefusal } from './token-refusal.ts'

/** What the issuer works with. */
export interface GithubIssuerOptions {
  readonly api: GithubApi
  readonly app: AppIdentity
  readonly clock: Clock
  readonly installationId: number | undefined
  /** Undefined where only the organisation's authority serves. */
  readonly people?: GithubPersonOptions | undefined
}

/** Makes tokens of one GitHub App, each for the repository and the permissions of one decision: the installation's, or the person's own. */
export function githubIssuer(options: GithubIssuerOptions): Issuer {
  const { api, clock, people } = options
  const issuing = new Issuing(options)
  const organisation: Issuer = {
    cacheKey,
    issue: (order, signal) => issuing.issue(order, signal),
    revoke: (secret, signal) => revokeToken(api, secret, signal),
  }
  if (people === undefined) return organisation
  const persons = new PersonIssuing({ ...people, api, clock, installationToken: (plan, order, signal) => issuing.issuePlan(plan, order, signal) })
  return {
    cacheKey,
    issue: (order, signal) => (order.authority === 'person' ? persons : issuing).issue(order, signal),
    revoke: async (secret, signal) => {
      if (issuing.made(secret)) return revokeToken(api, secret, signal)
      // After a restart nobody knows whose it is: an installation's token is none of the App's users'.
      if (!(await persons.end(secret, signal)) && !persons.made(secret)) await revokeToken(api, secret, signal)
    },
    rejected: (order, signal) => rejected(people, order, signal),
  }
}

function rejected({ users }: GithubPersonOptions, order: CredentialOrder, signal: AbortSignal): Promise<unknown> {
  const connection = order.principal.delegation?.standing?.connections[order.integration]
  return order.authority === 'person' && connection !== undefined ? users.rejected(connection, undefined, signal) : Promise.resolve()
}

/** Orders that come down to the same token in the same place share it; those that come down to none share nothing with any. */
function cacheKey(order: CredentialOrder): string {
  const { agent, delegation } = order.principal
  const plan = order.authority === 'person' ? planForPerson(order) : planCredential(order)
  const token = isDenial(plan)
    ? [plan.denial, order.operation, order.scopes, order.targets]
    : [plan.owner ?? null, plan.repositories, [...plan.permissions], placementFor(order.operation).in]
  const connection = order.authority === 'person' ? (delegation?.standing?.connections[order.integration] ?? null) : 'organisation'
  return JSON.stringify([agent, delegation?.id ?? null, connection, order.expiresInMs ?? null, ...token])
}

class Issuing {
  readonly #options: GithubIssuerOptions
  readonly #installations: Installations
  readonly #made = new WeakSet<Secret>()

  constructor(options: GithubIssuerOptions) {
    this.#options = options
    this.#installations = new Installations(options.api, options.app, options.clock, options.installationId)
  }

  /** Whether this secret was made here, in this run. */
  made(secret: Secret): boolean {
    return this.#made.has(secret)
  }

  async issue(order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const plan = planCredential(order)
    return isDenial(plan) ? plan : this.issuePlan(plan, order, signal)
  }

  async issuePlan(plan: CredentialPlan, order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const askedAtMs = this.#options.clock.nowMs()
    const answer = await this.#askForToken(plan, signal)
    if (isDenial(answer)) return answer
    const token = readTokenAnswer(answer.body)
    if (token === undefined) throw new Fault('credential_unavailable', 'GitHub answered without a token')
    this.#made.add(token.token)
    return this.#accept(token, plan, order, askedAtMs, signal)
  }

  async #askForToken(plan: CredentialPlan, signal: AbortSignal, mayLookAgain = true): Promise<UpstreamResponse | Denial> {
    const installation = await this.#installations.find(plan, signal)
    if (isDenial(installation)) return installation
    const answer = await this.#requestToken(installation.id, plan, signal)
    if (answer.status === 404) this.#installations.forget(plan.owner)
    // The app was installed anew since we looked: once more, and then with what GitHub says now.
    if (answer.status === 404 && installation.remembered && mayLookAgain) return this.#askForToken(plan, signal, false)
    if (answer.status === 201) return answer
    if (answer.status === 422) return narrowingRefusal(plan, await this.#installation(installation.id, signal))
    return tokenRefusal(answer)
  }

  #requestToken(installationId: number, plan: CredentialPlan, signal: AbortSignal): Promise<UpstreamResponse> {
    const permissions = Object.fromEntries(plan.permissions)
    const body = plan.repositories.length === 0 ? { permissions } : { repositories: plan.repositories, permissions }
    const { api, app } = this.#options
    return api.sendAsApp(app, 'POST', `/app/installations/${installationId}/access_tokens`, signal, body)
  }

  /** Only to say what is missing: the refusal stands without it. */
  #installation(installationId: number, signal: AbortSignal): Promise<UpstreamResponse | undefined> {
    const { api, app } = this.#options
    return api.sendAsApp(app, 'GET', `/app/installations/${installationId}`, signal).catch(() => undefined)
  }

  async #accept(
    token: TokenAnswer,
    plan: CredentialPlan,
    order: CredentialOrder,
    askedAtMs: number,
    signal: AbortSignal,
  ): Promise<Issuance | Denial> {
    const mismatch = mismatchOf(token, plan)
    const upstreamExpiresAtMs = token.expiresAtMs - this.#options.app.skewMs
    const tooShort = !(upstreamExpiresAtMs - UPSTREAM_MARGIN_MS > askedAtMs)
    if (mismatch === undefined && !tooShort) return issuance(token, plan, order, askedAtMs, upstreamExpiresAtMs)
    await this.#discard(token, signal)
    switch (mismatch) {
      case 'elsewhere':
        return notInstalled('the configured installation belongs to another owner')
      case 'narrower':
        return deny('credential_refused', 'GitHub gave less than was asked', { hint: 'The GitHub App lacks a permission or this repository.' })
      case 'wider':
        throw new Fault('credential_unavailable', 'GitHub gave a token that can more than was asked')
      case undefined:
        throw new Fault('credential_unavailable', 'GitHub gave a token that expires at once, or did not say when')
    }
  }

  /** A token that nobody will use is ended; where that fails it dies within the hour, and was shown to nobody. */
  #discard(token: TokenAnswer, signal: AbortSignal): Promise<void> {
    return revokeToken(this.#options.api, token.token, signal).catch(() => undefined)
  }
}

function issuance(token: TokenAnswer, plan: CredentialPlan, order: CredentialOrder, askedAtMs: number, upstreamExpiresAtMs: number): Issuance {
  return {
    secret: token.token,
    placement: placementFor(order.operation),
    lifetime: 'short',
    expiresAtMs: Math.min(askedAtMs + (order.expiresInMs ?? DEFAULT_LIFETIME_MS), upstreamExpiresAtMs - UPSTREAM_MARGIN_MS),
    upstreamExpiresAtMs,
    narrowedBy: plan.narrowedBy,
  }
}

/** Idempotent: a token that GitHub no longer knows is ended. */
async function revokeToken(api: GithubApi, secret: Secret, signal: AbortSignal): Promise<void> {
  const answer = await api.send('DELETE', '/installation/token', secret.reveal(), signal)
  if (answer.status !== 204 && answer.status !== 401) {
    throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked to end a token`)
  }
}
