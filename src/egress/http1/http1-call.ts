import type { AnswerHandler, UpstreamCall, UpstreamRequest } from '../upstream.ts'

/** Where a call is carried out, once it has a connection. */
export interface CallCarrier {
  pause(): void
  resume(): void
  /** Ends the connection, and the call with this error. */
  fail(error: Error): void
}

/** One request from its dispatch to its end; tells its handler exactly one end. */
export class Http1Call implements UpstreamCall {
  readonly request: UpstreamRequest
  readonly handler: AnswerHandler
  /** Its connection; undefined while it waits for one, and afterwards. */
  carrier: CallCarrier | undefined
  ended = false
  /** It was begun anew once, since the connection turned out to be gone. */
  retried = false
  /** When it was dispatched, in sweeps of its upstream. */
  since = 0
  /** When it began to wait, in sweeps of its upstream. */
  waitingSince = 0
  #paused = false

  constructor(request: UpstreamRequest, handler: AnswerHandler) {
    this.request = request
    this.handler = handler
  }

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
    this.carrier?.pause()
  }

  resume(): void {
    this.#paused = false
    this.carrier?.resume()
  }

  abort(error: Error): void {
    if (this.ended) return
    if (this.carrier === undefined) this.fail(error)
    else this.carrier.fail(error)
  }

  /** Ends it with an error; its connection is the caller's matter. */
  fail(error: Error): void {
    if (this.ended) return
    this.ended = true
    this.carrier = undefined
    this.handler.onError(error)
  }

  complete(trailers: readonly string[]): void {
    if (this.ended) return
    this.ended = true
    this.carrier = undefined
    try {
      this.handler.onEnd(trailers)
    } catch (error) {
      this.handler.onError(error instanceof Error ? error : new TypeError('the answer could not be taken'))
    }
  }
}
