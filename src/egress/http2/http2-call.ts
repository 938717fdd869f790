import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { resetStream } from '../../lib/reset-stream.ts'
import { sendBody } from '../request-body.ts'
import { LONG_BODY_BYTES } from '../turn-shares.ts'
import { UpstreamError } from '../upstream-error.ts'
import type { AnswerHandler, UpstreamCall, UpstreamRequest } from '../upstream.ts'
import { isWholeAnswer } from './whole-answer.ts'

type Scheme = 'http' | 'https'

/** Whoever carries the streams of one connection. */
export interface CallOwner {
  /** Counts up a few times a second: what passes for time here. */
  readonly sweep: number
  /** A long body moved so many bytes. @returns false where it has to wait for its turn: `goOn` is called then */
  takeTurn(bytes: number, goOn: () => void): boolean
  /** It has ended, and its stream's place is free. */
  ended(call: Http2Call): void
  /** The upstream has said that it did nothing about the request (RFC 9113 section 8.7), and it may be sent once more. */
  again(call: Http2Call): void
}

const ENDED = { endStream: true } as const
const OPEN = { endStream: false } as const
/** Methods that mean the same when they are sent twice, and never have a body here. */
const SENT_TWICE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** One request from its dispatch to its end, on one stream; tells its handler exactly one end. */
export class Http2Call implements UpstreamCall {
  readonly request: UpstreamRequest
  readonly handler: AnswerHandler
  ended = false
  /** It was begun anew once, since the upstream had refused its stream. */
  retried = false
  /** Of its dispatch, by its upstream's count. */
  since = 0
  /** Of the last byte that came or went, or of its wait's begin, by the owner's count. */
  activeAt = 0
  headRead = false
  bodySent = false
  paused = false
  /** A call of another protocol that carries this one on. */
  #delegate: UpstreamCall | undefined
  #owner: CallOwner | undefined
  #stream: ClientHttp2Stream | undefined
  #stopBody: (() => void) | undefined
  #trailers: readonly string[] | undefined
  /** Of the answer's body. */
  #bytes = 0
  /** Its answer is long, and waits for its turn. */
  #held = false

  constructor(request: UpstreamRequest, handler: AnswerHandler) {
    this.request = request
    this.handler = handler
  }

  pause(): void {
    this.paused = true
    this.#stream?.pause()
    this.#delegate?.pause()
  }

  resume(): void {
    this.paused = false
    if (this.#owner !== undefined) this.activeAt = this.#owner.sweep
    if (!this.#held) this.#stream?.resume()
    this.#delegate?.resume()
  }

  abort(error: Error): void {
    if (this.#delegate !== undefined) this.#delegate.abort(error)
    else this.fail(error)
  }

  /** Ends it with an error; its stream is reset. */
  fail(error: Error): void {
    if (this.ended) return
    this.ended = true
    this.#release(constants.NGHTTP2_CANCEL)
    this.handler.onError(error)
  }

  /** Puts the request on a stream of this connection. */
  begin(session: ClientHttp2Session, scheme: Scheme, owner: CallOwner): void {
    this.#owner = owner
    this.activeAt = owner.sweep
    try {
      this.#send(session, scheme, owner)
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the request could not be written'))
    }
  }

  /** Has another protocol's connection carry it on: nothing of it was sent. @returns the handler to dispatch its request with */
  carriedOn(): AnswerHandler {
    const { handler } = this
    return {
      onCall: (call) => {
        this.#delegate = call
        if (this.paused) call.pause()
      },
      onBodySent: (bytes) => handler.onBodySent(bytes),
      onInterim: (status, fields) => handler.onInterim(status, fields),
      onHead: (status, fields) => handler.onHead(status, fields),
      onData: (chunk) => handler.onData(chunk),
      onEnd: (trailers) => handler.onEnd(trailers),
      onError: (error) => handler.onError(error),
    }
  }

  #send(session: ClientHttp2Session, scheme: Scheme, owner: CallOwner): void {
    const { request } = this
    const { body } = request
    const empty = body.kind === 'none' || (body.kind === 'bytes' && body.bytes.length === 0)
    this.bodySent = body.kind !== 'stream'
    const stream = session.request(blockOf(request, scheme), empty ? ENDED : OPEN)
    this.#stream = stream
    stream.on('response', (headers, flags, fields: readonly string[]) => this.#onHead(Number(headers[':status']), flags, fields))
    stream.on('headers', (headers, _flags, fields: readonly string[]) => this.#told(() => this.#onInterim(Number(headers[':status']), fields)))
    stream.on('trailers', (_headers, _flags, fields: readonly string[]) => { this.#trailers = fields })
    stream.on('error', (error: Error) => this.#broke(error))
    stream.on('close', () => this.#broke(undefined))
    if (body.kind === 'bytes' && !empty) {
      stream.end(body.bytes)
      this.handler.onBodySent(body.bytes.length)
    } else if (body.kind === 'stream') {
      const carrier = { drains: stream, write: (chunk: Buffer) => stream.write(chunk), finish: () => void stream.end() }
      this.#stopBody = sendBody(body.stream, body.length, carrier, {
        sent: (bytes) => {
          this.#touch()
          this.#told(() => this.handler.onBodySent(bytes))
        },
        turn: (bytes, goOn) => owner.takeTurn(bytes, goOn),
        whole: () => { this.bodySent = true },
        broken: (reason) => this.fail(new UpstreamError('request_incomplete', reason)),
      })
      // It may have ended within the call.
      if (this.ended) this.#stopBody()
    }
  }

  #onInterim(status: number, fields: readonly string[]): void {
    // The one that clients wait for was given by the listener.
    if (status !== constants.HTTP_STATUS_CONTINUE) this.handler.onInterim(status, endToEnd(fields))
  }

  #onHead(status: number, flags: number, fields: readonly string[]): void {
    const stream = this.#stream
    if (this.ended || stream === undefined) return
    this.#touch()
    this.headRead = true
    this.#told(() => this.handler.onHead(status, endToEnd(fields)))
    // The handler may have ended it.
    if (stream !== this.#stream) return
    // Told in one turn: gRPC's refusals are a head alone, and have to stay one.
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return this.#complete([])
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    stream.on('end', () => this.#onEnd(stream))
    if (this.paused) stream.pause()
  }

  #onData(chunk: Buffer): void {
    if (this.ended) return
    this.#touch()
    this.#bytes += chunk.length
    if (this.#bytes > LONG_BODY_BYTES && !this.#held) this.#takeTurn(chunk.length)
    try {
      this.handler.onData(chunk)
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the answer could not be taken'))
    }
  }

  #takeTurn(bytes: number): void {
    if (this.#owner?.takeTurn(bytes, () => this.#goOn()) !== false) return
    this.#held = true
    this.#stream?.pause()
  }

  #goOn(): void {
    this.#held = false
    if (!this.paused) this.#stream?.resume()
  }

  #onEnd(stream: ClientHttp2Stream): void {
    // Trailers end a stream, or the library refuses them.
    if (this.#trailers !== undefined) this.#complete(endToEnd(this.#trailers))
    else if (isWholeAnswer(stream)) this.#complete([])
    else this.#broke(undefined)
  }

  #complete(trailers: readonly string[]): void {
    if (this.ended) return
    this.ended = true
    // What is left of a request that is answered already stays unsent.
    this.#release(this.bodySent ? undefined : constants.NGHTTP2_CANCEL)
    this.handler.onEnd(trailers)
  }

  #broke(cause: Error | undefined): void {
    const stream = this.#stream
    if (this.ended || stream === undefined) return
    if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM || !this.#mayBeSentAgain()) {
      return this.fail(new UpstreamError('connection_broken', 'the upstream ended the stream before the answer was whole', { cause }))
    }
    this.retried = true
    const owner = this.#owner
    this.#release(undefined)
    owner?.again(this)
  }

  #mayBeSentAgain(): boolean {
    return !this.headRead && !this.retried && this.request.body.kind === 'none' && SENT_TWICE.has(this.request.method)
  }

  /** A handler that throws ends the call with what it threw. */
  #told(tell: () => void): void {
    if (this.ended) return
    try {
      tell()
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the answer could not be taken'))
    }
  }

  #touch(): void {
    if (this.#owner !== undefined) this.activeAt = this.#owner.sweep
  }

  /** @param code resets the stream */
  #release(code: number | undefined): void {
    const stream = this.#stream
    const owner = this.#owner
    this.#stopBody?.()
    this.#stopBody = undefined
    this.#stream = undefined
    this.#owner = undefined
    if (stream !== undefined && code !== undefined && !stream.closed) resetStream(stream, code)
    owner?.ended(this)
  }
}

/** The head of one request. TE is ours to say, hop by hop: trailers are read here. */
function blockOf({ method, target, authority, fields, body }: UpstreamRequest, scheme: Scheme): string[] {
  const block = [':method', method, ':scheme', scheme, ':authority', authority, ':path', target]
  for (const part of fields) block.push(part)
  block.push('te', 'trailers')
  const length = body.kind === 'bytes' ? body.bytes.length : body.kind === 'stream' ? body.length : undefined
  if (length !== undefined) block.push('content-length', String(length))
  return block
}

/** Without pseudo-header fields, which stand first. */
function endToEnd(fields: readonly string[]): readonly string[] {
  let at = 0
  while (at < fields.length && fields[at]?.startsWith(':') === true) at += 2
  return at === 0 ? fields : fields.slice(at)
}
