import type { AnswerHandler } from '../../egress/upstream.ts'
import type { HeaderList } from '../../http/request.ts'
import type { AnswerFilter } from '../../integrations/integration.ts'
import type { Inspected } from '../exchange.ts'
import { FilteredAnswer } from './filtered-answer.ts'
import type { Relay } from './relay.ts'
import { SessionObserver } from './session-observer.ts'
import type { UpstreamSessions } from './upstream-sessions.ts'

/** The filter for this exchange's answer, judged by its own principal and snapshot; undefined where the answer passes as it is. */
export function answerFilterOf(exchange: Inspected): AnswerFilter | undefined {
  const { route: { integration, request }, inspection, principal, snapshot, receivedAtMs } = exchange
  return integration.answerFilter?.(inspection.operation, (operation) =>
    snapshot.evaluate({ principal, operation, request, body: undefined, bodyToCome: true, nowMs: receivedAtMs }).effect !== 'deny')
}

/** What the upstream's answer is told to: the relay itself, unless the answer is filtered or sessions are learned from it. */
export function answerHandler(exchange: Inspected, relay: Relay, filter: AnswerFilter | undefined, sessions: UpstreamSessions): AnswerHandler {
  const shown = filter === undefined ? relay : new FilteredAnswer(relay, filter)
  const words = exchange.route.integration.sessions
  return words === undefined ? shown : new SessionObserver(shown, exchange, words.header, sessions)
}

/** A coded answer could not be judged: none is asked for. */
export function withoutCodings(headers: HeaderList): HeaderList {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (name.toLowerCase() !== 'accept-encoding') kept.push(name, value)
  }
  return [...kept, 'accept-encoding', 'identity']
}
