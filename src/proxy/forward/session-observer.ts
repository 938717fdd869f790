import type { AnswerHandler } from '../../egress/upstream.ts'
import type { Routed } from '../exchange.ts'
import { AnswerDecorator } from './answer-decorator.ts'
import { AnswerRefused } from './answer-refused.ts'
import { soleField } from './sole-field.ts'
import { sessionOf, type UpstreamSessions } from './upstream-sessions.ts'

const NOT_FOUND = 404

/** Learns from the answers which sessions the upstream gave to whom, before the client does. */
export class SessionObserver extends AnswerDecorator {
  readonly #exchange: Pick<Routed, 'principal' | 'route'>
  readonly #header: string
  readonly #sessions: UpstreamSessions

  constructor(inner: AnswerHandler, exchange: Pick<Routed, 'principal' | 'route'>, header: string, sessions: UpstreamSessions) {
    super(inner)
    this.#exchange = exchange
    this.#header = header
    this.#sessions = sessions
  }

  override onHead(status: number, fields: readonly string[]): void {
    this.#learn(status, fields)
    super.onHead(status, fields)
  }

  #learn(status: number, fields: readonly string[]): void {
    const { principal, route: { integration, request } } = this.#exchange
    const used = sessionOf(request.headers, integration)
    const ended = status === NOT_FOUND || (request.method === 'DELETE' && status < 300)
    if (used !== undefined && ended) return this.#sessions.ended(principal, integration.name, used)
    const given = soleField(fields, this.#header)
    if (given === undefined || this.#sessions.given(principal, integration.name, given)) return
    throw new AnswerRefused('the upstream gave out a session that it gave to another principal before')
  }
}
