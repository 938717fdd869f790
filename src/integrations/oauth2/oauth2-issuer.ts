import type { Clock } from '../../lib/clock.ts'
import type { Placement } from '../../model/credential.ts'
import { type Denial, deny, isDenial } from '../../model/denial.ts'
import type { CredentialOrder, Issuance, Issuer } from '../issuer.ts'
import { connectionRequired, lackingScopes, personAccess, type PersonAccessOptions } from '../person-access.ts'
import { placementProblem } from '../placement-problem.ts'

/** What the issuer works with. */
export interface Oauth2IssuerOptions {
  readonly placement: Placement
  readonly people: PersonAccessOptions
  /** Whether the scopes of policy are the upstream's own OAuth scopes, so that what was granted can be held against what is needed. */
  readonly scopesAreUpstreams: boolean
  readonly clock: Clock
}

/** Where no rule names a life: whether the connection still stands is asked again then. */
const DEFAULT_LIFETIME_MS = 600_000
/** Less is not handed out: it has to arrive alive. */
const MARGIN_MS = 5_000

/**
 * Lends the token of the person's connection, at an upstream that speaks OAuth 2 and whose tokens cannot be narrowed: the proxy's decision is the
 * narrowing. One call's token is every call's, so that there is no `revoke`: the connection's end ends it.
 * @throws TypeError where the placement cannot work
 */
export function oauth2Issuer(options: Oauth2IssuerOptions): Issuer {
  const wrong = placementProblem(options.placement)
  if (wrong !== undefined) throw new TypeError(`${wrong.problem}; expected: ${wrong.expected}`)
  return {
    cacheKey: ({ principal: { agent, delegation }, integration, scopes }) =>
      JSON.stringify([agent, delegation?.id ?? null, delegation?.standing?.connections[integration] ?? null, scopes.toSorted()]),
    issue: (order, signal) => issue(order, options, signal),
    revoke: undefined,
    rejected: ({ principal, integration }, signal) => {
      const connection = principal.delegation?.standing?.connections[integration]
      return connection === undefined ? Promise.resolve() : options.people.users.rejected(connection, undefined, signal)
    },
  }
}

async function issue(order: CredentialOrder, options: Oauth2IssuerOptions, signal: AbortSignal): Promise<Issuance | Denial> {
  const { people, placement, clock, scopesAreUpstreams } = options
  if (order.authority !== 'person') {
    return deny('credential_refused', 'the organisation has no connection of its own to this upstream', {
      hint: `Only people’s own connections to ${people.title} serve here: no rule can lend the organisation’s authority.`,
    })
  }
  const access = await personAccess(order, people, signal)
  if (isDenial(access)) return access
  const missing = scopesAreUpstreams ? lackingScopes(order.scopes, access.scopes) : []
  if (missing.length > 0) return connectionRequired('the connection was not granted these scopes', people, missing)
  const wantedMs = clock.nowMs() + (order.expiresInMs ?? DEFAULT_LIFETIME_MS)
  return {
    secret: access.secret,
    placement,
    lifetime: access.expiresAtMs === undefined ? 'static' : 'short',
    expiresAtMs: access.expiresAtMs === undefined ? wantedMs : Math.min(wantedMs, access.expiresAtMs - MARGIN_MS),
    upstreamExpiresAtMs: access.expiresAtMs,
    narrowedBy: 'proxy',
  }
}
