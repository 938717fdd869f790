import type { Clock } from '../../lib/clock.ts'
import type { Allowed, Inspected, Stage } from '../exchange.ts'
import type { Denial } from '../../model/denial.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { limitRefusal, refusalOf } from './refusal.ts'

export interface DecideOptions {
  readonly clock: Clock
  /** One for the whole proxy: limits outlive a policy reload. */
  readonly limiter: RateLimiter
}

/** The stage that judges the exchange by its own snapshot: an allowing decision, or the denial that says what is missing. */
export function decideStage({ clock, limiter }: DecideOptions): Stage<Inspected, 'decision', Allowed['decision']> {
  return {
    name: 'decide',
    adds: 'decision',
    run(exchange): Allowed['decision'] | Denial {
      const { snapshot, principal, route, inspection: { operation, body } } = exchange
      // The request as it goes out: in reverse mode the received one still names the proxy.
      const evaluated = snapshot.evaluate({ principal, operation, request: route.request, body, nowMs: clock.nowMs() })
      // The client, the log and the audit name the decision as they named the exchange from its start.
      const decision = { ...evaluated, id: exchange.id }
      if (!isAllowing(decision)) return refusalOf({ decision, principal, operation, vocabulary: route.integration.vocabulary })
      // Counted last, so that a refused request takes nothing from those that are allowed.
      const reached = limiter.take(decision.limits)
      return reached === undefined ? decision : limitRefusal(reached, decision)
    },
  }
}

function isAllowing(decision: { readonly effect: string }): decision is Allowed['decision'] {
  return decision.effect === 'allow'
}
