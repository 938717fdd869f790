import type { AnswerHandler, UpstreamCall } from '../../egress/upstream.ts'
import type { ClientSide } from '../client-side.ts'
import { AnswerRefused } from './answer-refused.ts'
import { BodyOverrun } from './body-overrun.ts'
import { answerHeaders, endToEnd, type UrlRewriter } from './response-headers.ts'

/** What ended a relay. */
export type RelayEnd =
  | { readonly kind: 'complete'; readonly status: number }
  /** Nothing has reached the client: the caller still owns the answer. */
  | { readonly kind: 'unanswered'; readonly by: 'failed' | 'revoked'; readonly error: Error }
  /** The answer was broken off: by the upstream (`failed`), by the client (`aborted`), by a revocation (`revoked`). */
  | { readonly kind: 'broken'; readonly status: number; readonly by: 'failed' | 'aborted' | 'revoked'; readonly error: Error }

/** Who began a relay, and is told once how it ended. */
export interface RelayOwner {
  relayed(end: RelayEnd): void
}

class Cut extends Error {
  readonly by: 'aborted' | 'revoked'

  constructor(by: 'aborted' | 'revoked') {
    super(by)
    this.by = by
  }
}

/**
 * Streams one exchange both ways with backpressure: the upstream's events write to the client directly, with no stream between.
 * Settles exactly once, by telling its owner.
 */
export class Relay implements AnswerHandler {
  bytesIn = 0
  bytesOut = 0
  readonly #client: ClientSide
  readonly #rewriter: UrlRewriter | undefined
  readonly #owner: RelayOwner
  readonly #offClose: () => void
  #call: UpstreamCall | undefined
  #status = 0
  #cut: Cut | undefined
  #settled = false
  #waiting = false
  #maxBytesIn = Infinity

  constructor(client: ClientSide, rewriter: UrlRewriter | undefined, owner: RelayOwner) {
    this.#client = client
    this.#rewriter = rewriter
    this.#owner = owner
    // What is over on the client's side before the answer has ended was left by the client.
    this.#offClose = client.onClose(() => this.#abort(new Cut('aborted'))())
  }

  /** A revocation ends the agent's side now. @returns what ends the upstream's */
  cut(): () => void {
    return this.#abort(new Cut('revoked'))
  }

  /** Something else has taken both sides over: nothing of them is told here any more. */
  release(): void {
    this.#settled = true
    this.#offClose()
  }

  onCall(call: UpstreamCall): void {
    this.#call = call
    if (this.#cut !== undefined) call.abort(this.#cut)
  }

  /** What the rules allow of the request's body; told before it is sent. */
  boundBody(maxBytes: number): void {
    this.#maxBytesIn = maxBytes
  }

  onBodySent(bytes: number): void {
    this.bytesIn += bytes
    // Before this piece is written: nothing beyond the bound leaves.
    if (this.bytesIn > this.#maxBytesIn) this.#call?.abort(new BodyOverrun(this.#maxBytesIn))
  }

  onInterim(status: number, fields: readonly string[]): void {
    this.#client.interim(status, endToEnd(fields))
  }

  onHead(status: number, fields: readonly string[]): void {
    const answer = answerHeaders(fields, this.#rewriter)
    if (answer === undefined) throw new AnswerRefused('the answer’s Content-Length is ambiguous')
    this.#status = status
    this.#client.head(status, answer.fields, answer.contentLength)
  }

  onData(chunk: Buffer): void {
    this.bytesOut += chunk.length
    if (this.#client.write(chunk) || this.#waiting) return
    this.#waiting = true
    this.#call?.pause()
    this.#client.onDrain(() => {
      this.#waiting = false
      this.#call?.resume()
    })
  }

  onEnd(trailers: readonly string[]): void {
    if (trailers.length === 0) this.#client.end()
    else this.#client.end(endToEnd(trailers))
    this.#settle({ kind: 'complete', status: this.#status })
  }

  onError(error: Error): void {
    this.#end(this.#cut?.by ?? 'failed', error)
  }

  /** The bytes stop here and now; the upstream's connection ends by what is returned. */
  #abort(cut: Cut): () => void {
    if (this.#settled) return () => undefined
    this.#cut = cut
    this.#end(cut.by, cut)
    return () => this.#call?.abort(cut)
  }

  #end(by: 'failed' | 'aborted' | 'revoked', error: Error): void {
    if (this.#settled) return
    if (by !== 'aborted' && !this.#client.begun) return this.#settle({ kind: 'unanswered', by, error })
    // It may tell of its end at once, which is then no leaving of the client's.
    this.#offClose()
    // A truncated answer must be seen as one.
    this.#client.cut()
    this.#settle({ kind: 'broken', status: this.#status, by, error })
  }

  #settle(end: RelayEnd): void {
    if (this.#settled) return
    this.#settled = true
    this.#offClose()
    this.#owner.relayed(end)
  }
}
