import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { type Denial, Fault, isDenial } from '../../model/denial.ts'
import type { CredentialOrder, Issuance } from '../issuer.ts'
import { personAccess, type PersonAccessOptions } from '../person-access.ts'
import type { UserAccess } from '../user-access.ts'
import type { GithubApi } from './api.ts'
import { planForPerson, type CredentialPlan } from './credential-plan.ts'
import { DEFAULT_LIFETIME_MS, UPSTREAM_MARGIN_MS } from './lifetimes.ts'
import type { GithubClient } from './oauth-client.ts'
import { PersonPermission } from './person-permission.ts'
import { placementFor } from './placement.ts'
import { scopeToken, type ScopedToken } from './scoped-token.ts'

/** The people's side of the issuer. */
export interface GithubPersonOptions extends PersonAccessOptions {
  readonly client: GithubClient
}

interface PersonIssuingOptions extends GithubPersonOptions {
  readonly api: GithubApi
  readonly clock: Clock
  /** The organisation's token for a plan, where the person's access to all of it was verified. */
  readonly installationToken: (plan: CredentialPlan, order: CredentialOrder, signal: AbortSignal) => Promise<Issuance | Denial>
}

/**
 * Makes credentials of a person's own authority. First choice is the person's own token, narrowed by GitHub: GitHub itself then holds each call
 * against what the person may do at that moment, so that nobody lends more than they have, without our asking. Only where there is no such
 * endpoint (older Enterprise Server) an installation token serves, and only once the person's role in each repository was verified with their own
 * token: that is as of up to a minute ago, and by roles.
 */
export class PersonIssuing {
  readonly #options: PersonIssuingOptions
  readonly #permission: PersonPermission
  /** What was made here of people's tokens; a token's text says nothing. */
  readonly #made = new WeakSet<Secret>()

  constructor(options: PersonIssuingOptions) {
    this.#options = options
    this.#permission = new PersonPermission(options.api, options.clock)
  }

  async issue(order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const plan = planForPerson(order)
    if (isDenial(plan)) return plan
    return this.#issue(plan, order, true, signal)
  }

  /** Whether this secret was made here, in this run. */
  made(secret: Secret): boolean {
    return this.#made.has(secret)
  }

  /** @returns whether GitHub knew it as a token of this App's */
  async end(secret: Secret, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#options.api.sendAsClient(this.#options.client, 'DELETE', 'token', signal, { access_token: secret.reveal() })
    if (answer.status === 204) return true
    if (answer.status === 404 || answer.status === 422) return false
    throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked to end a person’s token`)
  }

  async #issue(plan: CredentialPlan, order: CredentialOrder, mayTryAgain: boolean, signal: AbortSignal): Promise<Issuance | Denial> {
    const access = await personAccess(order, this.#options, signal)
    if (isDenial(access)) return access
    const { api, client, clock, users } = this.#options
    const askedAtMs = clock.nowMs()
    const scoped = await scopeToken(api, client, access, plan, signal)
    if (scoped !== 'unknown_token') return isScoped(scoped) ? this.#accept(scoped, access, plan, order, askedAtMs, signal) : scoped
    // Refreshed by another process meanwhile, or ended by the person at GitHub; else the token is good and the endpoint is what is missing.
    const mayDiffer = await users.rejected(access.connection, access.generation, signal)
    if (mayDiffer && mayTryAgain) return this.#issue(plan, order, false, signal)
    if (mayDiffer) throw new Fault('credential_unavailable', 'GitHub does not know the person’s token, though it was renewed')
    return (await this.#permission.refusal(access, plan, signal)) ?? this.#options.installationToken(plan, order, signal)
  }

  async #accept(
    { token, expiresAtMs, fits }: ScopedToken, access: UserAccess, plan: CredentialPlan, order: CredentialOrder, askedAtMs: number, signal: AbortSignal,
  ): Promise<Issuance> {
    this.#made.add(token)
    const upstreamExpiresAtMs = Math.min(expiresAtMs ?? Infinity, access.expiresAtMs ?? Infinity)
    if (fits && upstreamExpiresAtMs - UPSTREAM_MARGIN_MS > askedAtMs) {
      return {
        secret: token,
        placement: placementFor(order.operation),
        lifetime: 'short',
        expiresAtMs: Math.min(askedAtMs + (order.expiresInMs ?? DEFAULT_LIFETIME_MS), upstreamExpiresAtMs - UPSTREAM_MARGIN_MS),
        upstreamExpiresAtMs,
        narrowedBy: plan.narrowedBy,
      }
    }
    await this.end(token, signal).catch(() => false)
    throw new Fault('credential_unavailable', fits ? 'GitHub gave a token that expires at once' : 'GitHub gave a token that can more than was asked')
  }
}

function isScoped(outcome: ScopedToken | Denial): outcome is ScopedToken {
  return 'token' in outcome
}
