import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { ClientSide, HttpVersion } from '../client-side.ts'
import { ClientEnd } from './client-end.ts'
import { isConnectionSpecific } from '../../http/connection-fields.ts'
import { resetStream } from '../../lib/reset-stream.ts'
import { Http2Body } from './http2-body.ts'

const OK = 200
const LAST_STATUS = 599
const NO_CONTENT = 204
const RESET_CONTENT = 205
const NOT_MODIFIED = 304
const CONTINUE = 100

const ENDED = { endStream: true } as const
/** Node then asks for trailers once everything is sent, and keeps the stream's end for them. */
const TRAILED = { waitForTrailers: true } as const

export interface Http2ClientFacts {
  readonly method: string
  readonly expectsContinue: boolean
  /** Without a byte in either direction, where somebody waits for one. */
  readonly idleTimeoutMs: number
}

/** One stream of an HTTP/2 connection: its request, and the answer to it. Its siblings do not feel its end. */
export class Http2Client extends ClientEnd implements ClientSide {
  readonly version: HttpVersion = '2'
  readonly #stream: ServerHttp2Stream
  readonly #facts: Http2ClientFacts
  #awaitsContinue: boolean
  #body: Http2Body | undefined
  #begun = false
  #ended = false
  #trailed = false
  /** A head that waits for what comes next: one that nothing follows ends the stream itself. */
  #held: string[] | undefined
  /** Bytes of the answer's body. */
  #written = 0
  /** Bytes that had come and been taken when somebody last looked, and since when they are as many. */
  #moved = -1
  #stillSinceMs = 0

  constructor(stream: ServerHttp2Stream, facts: Http2ClientFacts) {
    super()
    this.#stream = stream
    this.#facts = facts
    this.#awaitsContinue = facts.expectsContinue
  }

  get body(): Readable {
    if (this.#stream.endAfterHeaders) return this.#stream
    return (this.#body ??= new Http2Body(this.#stream))
  }

  get received(): boolean {
    return this.#stream.endAfterHeaders || this.#body?.whole === true || this.#stream.state.remoteClose === 1
  }

  get begun(): boolean {
    return this.#begun
  }

  get gone(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  sendContinue(): void {
    if (!this.#awaitsContinue) return
    this.#awaitsContinue = false
    this.interim(CONTINUE, [])
  }

  interim(status: number, fields: readonly string[]): void {
    if (this.gone || this.#begun) return
    this.#stream.additionalHeaders({ ':status': status, ...headersOf(fields) })
  }

  head(status: number, fields: readonly string[], contentLength: number | undefined): void {
    if (this.gone || this.#begun) return
    if (status < OK || status > LAST_STATUS) throw new RangeError(`HTTP/2 has no status ${status}`)
    const block = blockOf(status, fields, status === NO_CONTENT ? undefined : contentLength)
    if (contentLength === 0 || this.#facts.method === 'HEAD' || status === NO_CONTENT || status === RESET_CONTENT || status === NOT_MODIFIED) {
      this.#ended = true
      this.#stream.respond(block, ENDED)
      this.#leave()
    } else if (contentLength === undefined) {
      this.#held = block
      // An event stream's head does not wait for its first event.
      process.nextTick(flush, this)
    } else {
      this.#stream.respond(block)
    }
    this.#begun = true
  }

  write(chunk: Buffer): boolean {
    if (this.gone || this.#ended) return true
    this.flushHead()
    this.#written += chunk.length
    return this.#stream.write(chunk)
  }

  end(trailers: readonly string[] = []): void {
    if (this.gone || this.#ended) return
    this.#ended = true
    const held = this.#held
    this.#held = undefined
    if (held !== undefined && trailers.length === 0) {
      // A head alone stays one: it is how gRPC refuses.
      this.#stream.respond(held, ENDED)
      this.#leave()
      return
    }
    if (held !== undefined) this.#respondTrailed(held)
    if (this.#trailed) this.#endWith(trailers)
    else this.#leave()
    this.#stream.end()
  }

  onDrain(listener: () => void): void {
    this.#stream.once('drain', listener)
  }

  cut(): void {
    this.#held = undefined
    resetStream(this.#stream, constants.NGHTTP2_INTERNAL_ERROR)
  }

  answer(status: number, fields: readonly string[], body: Buffer | undefined): void {
    if (this.gone || this.#begun) return
    this.#begun = true
    this.#ended = true
    const length = body?.length ?? 0
    const ended = length === 0 || this.#facts.method === 'HEAD'
    this.#stream.respond(blockOf(status, fields, length === 0 ? undefined : length), ended ? ENDED : undefined)
    this.#written = ended ? 0 : length
    if (!ended) this.#stream.end(body)
    this.#leave()
  }

  /** The connection is told by GOAWAY, once for all of its streams. */
  endConnection(): void {
    // Nothing of this stream's own.
  }

  /**
   * For the session, every now and then: ends a stream whose client takes none of its answer, or sends none of its request, for too long. Neither
   * the connection's idle time sees it nor a timer of Node's: whatever passes beside it, be it a PING, has them begin anew. What we write
   * is no sign of the client; what it has taken is.
   */
  look(nowMs: number): void {
    const waiting = this.#stream.bufferSize
    const body = this.#body
    const moved = this.#written - waiting + (body?.bytes ?? 0)
    const awaited = waiting > 0 || (body !== undefined && !body.whole)
    if (!awaited || moved !== this.#moved) {
      this.#moved = moved
      this.#stillSinceMs = nowMs
    } else if (nowMs - this.#stillSinceMs >= this.#facts.idleTimeoutMs) {
      resetStream(this.#stream, constants.NGHTTP2_CANCEL)
    }
  }

  /** Writes a head that waits. */
  flushHead(): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    if (this.gone) return
    try {
      this.#respondTrailed(held)
    } catch {
      // It may be a turn of its own, in which nobody would catch it.
      this.cut()
    }
  }

  #respondTrailed(block: string[]): void {
    this.#trailed = true
    this.#stream.respond(block, TRAILED)
  }

  #endWith(trailers: readonly string[]): void {
    const stream = this.#stream
    stream.once('wantTrailers', () => {
      if (this.gone) return
      stream.sendTrailers(headersOf(trailers))
      // Node sends them at the end of this turn, and before what is asked for after.
      if (!this.received) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
    })
  }

  /** A request that is answered before it was sent whole: the client is asked to stop (RFC 9113 section 8.1). */
  #leave(): void {
    const stream = this.#stream
    if (this.received) return
    stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
  }
}

function flush(client: Http2Client): void {
  client.flushHead()
}

/** One copy: Node adds to the list that it is given. Fields of a connection have no place in HTTP/2, and Node throws where one stands. */
function blockOf(status: number, fields: readonly string[], contentLength: number | undefined): string[] {
  const block = [':status', String(status)]
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string
    if (!isConnectionSpecific(name)) block.push(name, fields[at + 1] as string)
  }
  if (contentLength !== undefined) block.push('content-length', String(contentLength))
  return block
}

function headersOf(fields: readonly string[]): OutgoingHttpHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase()
    if (isConnectionSpecific(name) || name.startsWith(':')) continue
    const value = fields[at + 1] ?? ''
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else headers[name] = Array.isArray(before) ? [...before, value] : [before, value]
  }
  return headers
}
