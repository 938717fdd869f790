import type { AnswerHandler, UpstreamCall } from '../../egress/upstream.ts'
import type { Scrubber } from '../../http/scrub/scrubber.ts'
import { answerCodings, decodedFields, type Coding } from './answer-codings.ts'
import { AnswerDecorator } from './answer-decorator.ts'
import { DecodedBody, type DecodedReader } from './decoded-body.ts'

/**
 * Stands next to the upstream and blots the credential out of everything that comes: interim answers, fields, body and trailers.
 * A body that comes coded, although that was not accepted, is decoded; what cannot be looked into does not pass.
 */
export class ScrubbedAnswer extends AnswerDecorator implements UpstreamCall, DecodedReader {
  readonly #scrubber: Scrubber
  #call: UpstreamCall | undefined
  #codings: readonly Coding[] | undefined
  #decoded: DecodedBody | undefined
  /** Set once the upstream has ended while decoding goes on. */
  #trailers: readonly string[] | undefined
  #over = false

  constructor(inner: AnswerHandler, scrubber: Scrubber) {
    super(inner)
    this.#scrubber = scrubber
  }

  override onCall(call: UpstreamCall): void {
    this.#call = call
    super.onCall(this)
  }

  override onInterim(status: number, fields: readonly string[]): void {
    super.onInterim(status, this.#scrubber.fields(fields))
  }

  override onHead(status: number, fields: readonly string[]): void {
    const codings = answerCodings(status, fields)
    const scrubbed = this.#scrubber.fields(fields)
    if (codings.length === 0) return super.onHead(status, scrubbed)
    this.#codings = codings
    super.onHead(status, decodedFields(scrubbed))
  }

  override onData(chunk: Buffer): void {
    if (this.#codings === undefined) return this.#pass(this.#scrubber.push(chunk))
    if (this.#over || chunk.length === 0) return
    this.#decoded ??= new DecodedBody(this.#codings, chunk[0] as number, this)
    if (!this.#decoded.write(chunk)) this.#call?.pause()
  }

  override onEnd(trailers: readonly string[]): void {
    if (this.#decoded === undefined) return this.#finish(trailers)
    if (this.#over) return
    this.#trailers = trailers
    this.#decoded.end()
  }

  override onError(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#decoded?.stop()
    super.onError(error)
  }

  pause(): void {
    if (this.#decoded === undefined) this.#call?.pause()
    else this.#decoded.pause()
  }

  resume(): void {
    this.#decoded?.resume()
    if (this.#decoded?.full !== true) this.#call?.resume()
  }

  abort(error: Error): void {
    // The upstream has told its end already: what follows is ours to tell.
    if (this.#trailers !== undefined) return this.onError(error)
    this.#decoded?.stop()
    this.#call?.abort(error)
  }

  onDecoded(chunk: Buffer): void {
    this.#orFail(() => this.#pass(this.#scrubber.push(chunk)))
  }

  onDecodedEnd(): void {
    this.#orFail(() => this.#finish(this.#trailers ?? []))
  }

  onDecodingFailed(error: Error): void {
    this.abort(error)
  }

  onDecoderDrain(): void {
    this.#call?.resume()
  }

  #pass(shown: Buffer): void {
    if (shown.length > 0) super.onData(shown)
  }

  #finish(trailers: readonly string[]): void {
    this.#pass(this.#scrubber.end())
    super.onEnd(trailers.length === 0 ? trailers : this.#scrubber.fields(trailers))
    // Last: a reader that throws at the end is still to be told of an error.
    this.#over = true
  }

  /** Decoding is told from nowhere that could carry on what a reader throws. */
  #orFail(tell: () => void): void {
    try {
      tell()
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new TypeError('a reader of an answer threw what is no error', { cause: thrown })
      this.abort(error)
    }
  }
}
