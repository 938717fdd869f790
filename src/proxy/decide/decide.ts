import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Decision } from '../../model/decision.ts'
import type { Denial } from '../../model/denial.ts'
import type { Sync } from '../../sync/contract.ts'
import type { Allowed, Inspected, Stage } from '../exchange.ts'
import { approvedDecision, askForApproval, standingApproval } from './approval.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { bodyRefusal, limitRefusal, refusalOf, type Refused } from './refusal.ts'

export interface DecideOptions {
  readonly clock: Clock
  readonly timers: Timers
  /** One for the whole proxy: limits outlive a policy reload. */
  readonly limiter: RateLimiter
  readonly sync: Pick<Sync, 'approvals' | 'links'>
  /** How long a refused client waits for the link at which a person can approve. */
  readonly approvalTimeoutMs: number
}

/**
 * The stage that judges the exchange by its own snapshot: an allowing decision, or the denial that says what is missing and where a person
 * can mend it. Synchronous but where a question has to be put to a person.
 */
export function decideStage(options: DecideOptions): Stage<Inspected, 'decision', Allowed['decision']> {
  const { clock, limiter, sync: { approvals, links } } = options
  const limited = (decision: Allowed['decision']): Allowed['decision'] | Denial => {
    // Counted last, so that a refused request takes nothing from those that are allowed.
    const reached = limiter.take(decision.limits)
    return reached === undefined ? decision : limitRefusal(reached, decision)
  }
  return {
    name: 'decide',
    adds: 'decision',
    run(exchange): Allowed['decision'] | Denial | Promise<Denial> {
      const { snapshot, principal, route, inspection: { operation, body } } = exchange
      // The request as it goes out: in reverse mode the received one still names the proxy.
      const decision = snapshot.evaluate({ principal, operation, request: route.request, body, nowMs: clock.nowMs() })
      // Before the question, too: nobody is asked about what will not be sent.
      const tooLarge = decision.effect === 'deny' ? undefined : bodyRefusal(decision, route.request.framing, body)
      if (tooLarge !== undefined) return tooLarge
      if (isAllowing(decision)) return limited(decision)
      const refused: Refused = { decision, principal, operation, vocabulary: route.integration.vocabulary }
      if (decision.effect === 'deny') return refusalOf(refused, links)
      const order = { principal, operation, decision, request: `${route.request.method} ${route.request.path}` }
      const approval = standingApproval(approvals, order)
      return approval === undefined ? askForApproval(options, order, refusalOf(refused, links)) : limited(approvedDecision(decision, approval))
    },
  }
}

function isAllowing(decision: Decision): decision is Allowed['decision'] {
  return decision.effect === 'allow'
}
