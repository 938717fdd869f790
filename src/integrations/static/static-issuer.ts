import type { Secret } from '../../lib/secret.ts'
import type { Placement } from '../../model/credential.ts'
import { deny } from '../../model/denial.ts'
import type { CredentialOrder, Issuance, Issuer } from '../issuer.ts'
import { placementProblem } from '../placement-problem.ts'

/** The configured secret and its place. */
export interface StaticIssuerOptions {
  readonly secret: Secret
  readonly placement: Placement
}

/**
 * Gives a configured secret, for upstreams that have nothing shorter-lived. It is the organisation's and as wide as it is: what confines
 * it is the proxy's decision, and only organisation policy can lend it. It cannot be ended upstream: rotating it is the only way.
 * @throws TypeError where the placement cannot work
 */
export function staticIssuer({ secret, placement }: StaticIssuerOptions): Issuer {
  const wrong = placementProblem(placement)
  if (wrong !== undefined) throw new TypeError(`${wrong.problem}; expected: ${wrong.expected}`)
  const issuance: Issuance = {
    secret, placement, lifetime: 'static', expiresAtMs: Infinity, upstreamExpiresAtMs: undefined, narrowedBy: 'proxy',
  }
  return {
    cacheKey: holderOf,
    issue: (order) => Promise.resolve(order.authority === 'organisation' ? issuance : lent),
    revoke: undefined,
  }
}

const lent = deny('authority_insufficient', 'a static secret is the organisation\'s, and no org rule says authority: organisation', {
  hint: 'An organisation rule must lend this integration\'s credential with authority: organisation.',
})

function holderOf({ principal }: CredentialOrder): string {
  return principal.delegation?.id ?? principal.agent
}
