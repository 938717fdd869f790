import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Timers } from '../../lib/timers.ts'
import type { ClientSide, HttpVersion } from '../client-side.ts'
import { ClientEnd } from './client-end.ts'

/** How long, and how much, is read of what nobody wants any more, so that the answer is not lost to a reset. */
const LINGER_MS = 1_000
const LINGER_BYTES = 262_144
/** A body of at most this size is written with its head, in one piece. */
const MAX_JOINED_BYTES = 16_384
const NO_CONTENT = 204
/** What every answer of ours begins with, interim ones too. */
const BEGINNING = 'HTTP/1.1 '
/** In front of a chunk's size, which may have as many as it likes (RFC 9112 section 7.1), but readers stop at sixteen digits. */
const MAX_ZEROS = 7

/** What a request's head says that its client's side has to know. */
export interface Http1ClientFacts {
  readonly expectsContinue: boolean
  readonly acceptsTrailers: boolean
  readonly hasBody: boolean
}

/** What became of showing a client a byte: `speechless` where its answer is on its way and has none that is known ahead. */
export type Shown = 'shown' | 'later' | 'speechless'

/** One request of an HTTP/1 connection, and its answer. */
export class Http1Client extends ClientEnd implements ClientSide {
  readonly version: HttpVersion
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  readonly #timers: Timers
  readonly #acceptsTrailers: boolean
  readonly #hasBody: boolean
  #awaitsContinue: boolean
  #contentLength: number | undefined
  /** The whole body, until it is written together with the head. */
  #held: Buffer | undefined
  /** How much was written ahead of what comes next: of `BEGINNING`, and then of a chunk's size. */
  #ahead = 0

  constructor(incoming: IncomingMessage, response: ServerResponse, facts: Http1ClientFacts, timers: Timers) {
    super()
    this.#incoming = incoming
    this.#response = response
    this.#timers = timers
    this.version = incoming.httpVersionMinor === 0 ? '1.0' : '1.1'
    this.#awaitsContinue = facts.expectsContinue
    this.#acceptsTrailers = facts.acceptsTrailers && this.version === '1.1'
    this.#hasBody = facts.hasBody
  }

  get body(): Readable {
    return this.#incoming
  }

  /** Node tells of a request before it tells that one without a body has ended. */
  get received(): boolean {
    return !this.#hasBody || this.#incoming.complete
  }

  get begun(): boolean {
    return this.#response.headersSent
  }

  get gone(): boolean {
    return this.#incoming.socket.destroyed || this.#response.destroyed
  }

  sendContinue(): void {
    if (!this.#awaitsContinue) return
    this.#awaitsContinue = false
    // Whoever was shown a byte has sent everything.
    if (this.#ahead === 0) this.#response.writeContinue()
  }

  interim(status: number, fields: readonly string[]): void {
    // Only the answer that is next on its connection has the socket.
    const { socket } = this.#response
    if (this.version === '1.0' || socket === null || this.begun || socket.destroyed) return
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
    socket.write(`${head.slice(this.#ahead)}\r\n`, 'latin1')
    this.#ahead = 0
  }

  head(status: number, fields: readonly string[], contentLength: number | undefined): void {
    if (this.gone) return
    this.#contentLength = contentLength
    // RFC 9110 section 8.6: a 204 has no length, and a client that believed one would wait for the next answer's bytes.
    const framed = contentLength === undefined || status === NO_CONTENT ? fields : [...fields, 'content-length', String(contentLength)]
    this.#response.writeHead(status, framed as string[])
    if (this.#ahead > 0) this.#dropAhead()
    // An event stream's head must not wait for its first event.
    if (contentLength === undefined) this.#response.flushHeaders()
  }

  write(chunk: Buffer): boolean {
    if (this.gone) return true
    if (chunk.length === this.#contentLength && chunk.length <= MAX_JOINED_BYTES) {
      this.#held = chunk
      return true
    }
    return this.#response.write(chunk)
  }

  end(trailers?: readonly string[]): void {
    if (this.gone) return
    if (this.#held === undefined) this.#endWith(trailers)
    // As text, since Node joins text with the head in one piece of memory and one write.
    else this.#response.end(this.#held.toString('latin1'), 'latin1')
    this.#held = undefined
    // A client that sends all before it reads must get to its answer; one that goes on and on loses its connection.
    if (!this.#incoming.complete) this.#readOn(() => this.#leaveUnread())
  }

  onDrain(listener: () => void): void {
    this.#response.once('drain', listener)
  }

  cut(): void {
    this.#response.destroy()
    this.#incoming.destroy()
  }

  answer(status: number, fields: readonly string[], body: Buffer | undefined): void {
    const response = this.#response
    if (response.headersSent || response.destroyed) return
    const unread = !this.received
    if (unread) response.shouldKeepAlive = false
    response.writeHead(status, [...fields, 'content-length', String(body?.length ?? 0)])
    if (this.#ahead > 0) this.#dropAhead()
    if (!unread) {
      response.end(body)
      return
    }
    // Once the answer has ended the connection is closed: with bytes unread the system would send a reset, and the client lose the answer.
    if (body === undefined) response.flushHeaders()
    else response.write(body)
    this.#readOn(() => response.end())
  }

  /** No further request of this connection is answered: the client is told so, where its head is not written yet. */
  endConnection(): void {
    if (!this.#response.headersSent) this.#response.shouldKeepAlive = false
  }

  /**
   * For a client that has ended its side, and may have gone: writes one byte of what follows in any case.
   * @param moved something else was written since the last one
   */
  showByte(moved: boolean): Shown {
    const response = this.#response
    const { socket } = response
    // Only the answer that is next on its connection has the socket; what is written and not taken yet shows as well.
    if (socket === null || response.writableEnded || socket.writableLength > 0) return 'later'
    if (!this.begun) return this.#ahead < BEGINNING.length ? this.#show(socket, BEGINNING.charAt(this.#ahead)) : 'later'
    if (!response.chunkedEncoding) return 'speechless'
    if (moved) this.#ahead = 0
    return this.#ahead < MAX_ZEROS ? this.#show(socket, '0') : 'later'
  }

  #show(socket: Socket, byte: string): Shown {
    this.#ahead += 1
    socket.write(byte, 'latin1')
    return 'shown'
  }

  /** Takes off the head what the client has of it already. Node keeps it until the first write; where it does not, the client must not read it twice. */
  #dropAhead(): void {
    const head: unknown = Reflect.get(this.#response, '_header')
    if (typeof head !== 'string' || !head.startsWith(BEGINNING)) throw new TypeError('the head of an answer is not where it was')
    Reflect.set(this.#response, '_header', head.slice(this.#ahead))
    this.#ahead = 0
  }

  #endWith(trailers: readonly string[] | undefined): void {
    if (trailers !== undefined && trailers.length > 0 && this.#acceptsTrailers && this.#contentLength === undefined) this.#response.addTrailers(pairs(trailers))
    this.#response.end()
  }

  /** The answer is written first; a body that was read to its end after all leaves the connection to the next request. */
  #leaveUnread(): void {
    const { complete, socket } = this.#incoming
    if (!complete) socket.destroySoon()
  }

  #readOn(then: () => void): void {
    const incoming = this.#incoming
    let left = LINGER_BYTES
    const end = (): void => {
      cancel()
      then()
    }
    const cancel = this.#timers.after(LINGER_MS, end)
    incoming.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) end()
    })
    incoming.once('end', end)
    incoming.once('close', end)
    // Whoever read it before may have paused it.
    incoming.resume()
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  const made: [string, string][] = []
  for (let at = 0; at + 1 < fields.length; at += 2) made.push([fields[at] ?? '', fields[at + 1] ?? ''])
  return made
}
