import type { AnswerHandler } from '../../egress/upstream.ts'
import type { Scrubber } from '../../http/scrub/scrubber.ts'
import type { AnswerFilter } from '../../integrations/integration.ts'
import type { Inspected } from '../exchange.ts'
import { FilteredAnswer } from './filtered-answer.ts'
import type { Relay } from './relay.ts'
import { ScrubbedAnswer } from './scrubbed-answer.ts'
import { SessionObserver } from './session-observer.ts'
import type { UpstreamSessions } from './upstream-sessions.ts'

/** The filter for this exchange's answer, judged by its own principal and snapshot; undefined where the answer passes as it is. */
export function answerFilterOf(exchange: Inspected): AnswerFilter | undefined {
  const { route: { integration, request }, inspection, principal, snapshot, receivedAtMs } = exchange
  return integration.answerFilter?.(inspection.operation, (operation) =>
    snapshot.evaluate({ principal, operation, request, body: undefined, bodyToCome: true, nowMs: receivedAtMs }).effect !== 'deny')
}

/** What is done with an answer on its way. */
export interface Answering {
  readonly filter: AnswerFilter | undefined
  readonly scrubber: Scrubber | undefined
  readonly sessions: UpstreamSessions
}

/** What the upstream's answer is told to: the relay itself, unless the answer is filtered, sessions are learned from it, or a credential may stand in it. */
export function answerHandler(exchange: Inspected, relay: Relay, { filter, scrubber, sessions }: Answering): AnswerHandler {
  const shown = filter === undefined ? relay : new FilteredAnswer(relay, filter)
  const words = exchange.route.integration.sessions
  const observed = words === undefined ? shown : new SessionObserver(shown, exchange, words.header, sessions)
  // Next to the upstream: what the others keep, note or say has no credential in it.
  return scrubber === undefined ? observed : new ScrubbedAnswer(observed, scrubber)
}
