import type { Socket } from 'node:net'
import type { Timers } from '../../lib/timers.ts'
import type { DialTarget } from '../dial.ts'
import { Http1Upstream } from '../http1/http1-upstream.ts'
import type { UpstreamSettings } from '../upstream-settings.ts'
import type { TurnShares } from '../turn-shares.ts'
import type { AnswerHandler, Upstream, UpstreamRequest } from '../upstream.ts'
import type { Http2Call } from './http2-call.ts'
import { Http2Upstream, type Declined } from './http2-upstream.ts'

export interface NegotiatedOptions {
  /** Opens one guarded connection that offers these protocols by ALPN. */
  dial(protocols: readonly string[]): Promise<Socket>
  readonly http1: UpstreamSettings
  readonly http2: UpstreamSettings
  readonly timers: Timers
  readonly turns: TurnShares
}

const EITHER = ['h2', 'http/1.1']
const HTTP1 = ['http/1.1']

/**
 * Connections to one origin for one owner, in HTTP/2 where the upstream chooses it. The first one tells for good: an upstream that chose
 * HTTP/1.1 is spoken to so from then on, beginning on that very connection.
 */
export class NegotiatedUpstream implements Upstream {
  readonly #options: NegotiatedOptions
  readonly #http2: Http2Upstream
  #http1: Http1Upstream | undefined
  /** The connection on which the upstream chose HTTP/1.1, until it is used. */
  #first: Socket | undefined

  constructor(target: DialTarget, options: NegotiatedOptions) {
    this.#options = options
    const declined: Declined = (socket, waiting) => this.#decline(socket, waiting)
    this.#http2 = new Http2Upstream(target, () => options.dial(EITHER), options.http2, options.timers, options.turns, declined)
  }

  dispatch(request: UpstreamRequest, handler: AnswerHandler): void {
    (this.#http1 ?? this.#http2).dispatch(request, handler)
  }

  async close(): Promise<void> {
    await Promise.all([this.#http2.close(), this.#http1?.close()])
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#http2.destroy(), this.#http1?.destroy()])
  }

  #decline(socket: Socket, waiting: readonly Http2Call[]): void {
    if (waiting.length === 0) {
      // Whoever it was dialled for has left.
      socket.destroy()
    } else {
      this.#first?.destroy()
      this.#first = socket
      socket.once('error', () => undefined)
    }
    const { timers, turns, http1 } = this.#options
    const upstream = this.#http1 ??= new Http1Upstream(() => this.#dialHttp1(), http1, timers, turns)
    for (const call of waiting) upstream.dispatch(call.request, call.carriedOn())
  }

  #dialHttp1(): Promise<Socket> {
    const first = this.#first
    this.#first = undefined
    return first === undefined || first.destroyed ? this.#options.dial(HTTP1) : Promise.resolve(first)
  }
}
