import type { Issuer, LiveCredential } from '../../integrations/issuer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { LiveCredentials } from '../../store/ports/live-credentials.ts'
import type { IssuanceLimits } from './issuance-limits.ts'
import type { UpstreamEnding } from './upstream-ending.ts'

/** What ending leftovers works with. */
export interface LeftoverDependencies {
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly live: LiveCredentials
  readonly clock: Clock
  readonly limits: IssuanceLimits
  readonly ending: UpstreamEnding
}

/**
 * Ends at the upstream what an earlier run left alive, whether it was killed or could not reach the upstream.
 * What belongs to an integration that is no longer configured is kept, in case it comes back, until no upstream could still accept it.
 */
export async function endLeftovers(leftovers: readonly LiveCredential[], deps: LeftoverDependencies): Promise<void> {
  await Promise.all(leftovers.map((leftover) => endLeftover(leftover, deps)))
}

async function endLeftover(leftover: LiveCredential, deps: LeftoverDependencies): Promise<void> {
  const endable = { ...leftover, order: undefined, upstreamExpiresAtMs: undefined }
  if (deps.issuers.get(leftover.integration)?.revoke !== undefined) return void (await deps.ending.end(endable, 'leftover'))
  if (deps.clock.nowMs() < leftover.expiresAtMs + deps.limits.forgetLeftoverMs) return
  await deps.live.remove(leftover.id)
  await deps.ending.end(endable, 'leftover')
}
