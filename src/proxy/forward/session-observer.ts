import type { Dispatcher } from 'undici'
import type { Routed } from '../exchange.ts'
import { AnswerRefused } from './answer-refused.ts'
import { rawFields, soleField } from './raw-fields.ts'
import { sessionOf, type UpstreamSessions } from './upstream-sessions.ts'

type Handler = Required<Pick<Dispatcher.DispatchHandler, 'onRequestStart' | 'onBodySent' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'>>

const NOT_FOUND = 404

/** Learns from the answers which sessions the upstream gave to whom, before the client does. */
export function observingSessions(exchange: Pick<Routed, 'principal' | 'route'>, header: string, sessions: UpstreamSessions, inner: Handler): Handler {
  const { principal, route: { integration, request } } = exchange
  const used = sessionOf(request.headers, integration)

  function learn(controller: Dispatcher.DispatchController, status: number): void {
    const ended = status === NOT_FOUND || (request.method === 'DELETE' && status < 300)
    if (used !== undefined && ended) return sessions.ended(principal, integration.name, used)
    const given = soleField(rawFields(controller), header)
    if (given === undefined || sessions.given(principal, integration.name, given)) return
    throw new AnswerRefused('the upstream gave out a session that it gave to another principal before')
  }

  return {
    onRequestStart: (controller, context) => inner.onRequestStart(controller, context),
    onBodySent: (chunk) => inner.onBodySent(chunk),
    onResponseStart: (controller, status, headers, text) => {
      if (status >= 200) learn(controller, status)
      inner.onResponseStart(controller, status, headers, text)
    },
    onResponseData: (controller, chunk) => inner.onResponseData(controller, chunk),
    onResponseEnd: (controller, trailers) => inner.onResponseEnd(controller, trailers),
    onResponseError: (controller, error) => inner.onResponseError(controller, error),
  }
}
