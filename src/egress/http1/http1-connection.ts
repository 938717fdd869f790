import type { Socket } from 'node:net'
import { TurnBatch } from '../../lib/turn-batch.ts'
import { LONG_BODY_BYTES, type TurnShares } from '../turn-shares.ts'
import { sendBody } from '../request-body.ts'
import { UpstreamError } from '../upstream-error.ts'
import { AnswerReader, type AnswerSink } from './answer-reader.ts'
import type { CallCarrier, Http1Call } from './http1-call.ts'
import { requestHead } from './request-head.ts'
import { socketBody } from './socket-body.ts'

/** Whoever holds the connections to one origin. */
export interface ConnectionOwner {
  /** Counts up a few times a second: what passes for time here. */
  readonly sweep: number
  /** Whose long bodies, both ways, are this owner's. */
  readonly turns: TurnShares
  /** The answer is whole and the connection can be used again. */
  idle(connection: Http1Connection): void
  /** It is closed, whatever the reason; told once. */
  gone(connection: Http1Connection): void
  /** The connection was closed under a request of which nothing was answered, and that may be sent twice; `gone` follows. */
  again(call: Http1Call): void
}

const CONTINUE = 100
/** Methods that mean the same when they are sent twice (RFC 9110 section 9.2.2), and never have a body here. */
const SENT_TWICE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** So much in one turn is a long body's: it gains nothing by waiting, and whoever reads it may want no more. One record of TLS has as much. */
const MAX_GATHERED_BYTES = 16_384
/** What upstreams have sent in one turn of the event loop. */
const arrived = new TurnBatch<Http1Connection>((connection) => connection.read())
/** Whose answer ended before its turn had brought all. */
const answeredAhead = new TurnBatch<Http1Connection>((connection) => connection.turnOver())
const NOTHING = Buffer.alloc(0)

/** One HTTP/1.1 connection: one request at a time, and the next only once everything of the last one is read. */
export class Http1Connection implements CallCarrier, AnswerSink {
  /** Of the last byte that came or went, by the owner's count. */
  activeAt: number
  /** How long the upstream said that it keeps idle connections. */
  keptForMs: number | undefined
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  readonly #reader: AnswerReader
  #call: Http1Call | undefined
  #trailers: readonly string[] | undefined
  #stopBody: (() => void) | undefined
  #bodySent = true
  #used = false
  #closed = false
  /** Of the answer's body. */
  #bytes = 0
  /** Its answer is long, and waits for its turn. */
  #held = false
  /** Has arrived in this turn, and is read at its end: all of it for the call that is under way. */
  #unread: Buffer[] | undefined
  #unreadBytes = 0
  /** Reads before its turn has brought all. */
  #readsAhead = false
  #endings: (() => void)[] | undefined

  constructor(socket: Socket, owner: ConnectionOwner, maxHeadBytes: number) {
    this.#socket = socket
    this.#owner = owner
    this.#reader = new AnswerReader(maxHeadBytes)
    this.activeAt = owner.sweep
    socket.on('data', (bytes: Buffer) => this.#onArrived(bytes))
    socket.on('end', () => this.#behindUnread(() => this.#onEnd()))
    socket.on('error', (error: Error) => this.#behindUnread(() => this.#broke(error)))
    socket.on('close', () => this.#behindUnread(() => this.#broke(undefined)))
    // The dialler has left it paused in some cases (a parent proxy's answer was read off it).
    socket.resume()
  }

  get call(): Http1Call | undefined {
    return this.#call
  }

  get awaitsAnswer(): boolean {
    return this.#call !== undefined && !this.#reader.headRead
  }

  /** Whether it can take a request. */
  get usable(): boolean {
    return !this.#closed && this.#call === undefined && !this.#socket.destroyed && this.#socket.writable
  }

  begin(call: Http1Call): void {
    const { request } = call
    this.#call = call
    this.activeAt = this.#owner.sweep
    this.#reader.expect(request.method)
    this.#bytes = 0
    call.carrier = this
    try {
      this.#send(call)
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the request could not be written'))
      return
    }
    if (call.paused) this.pause()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.activeAt = this.#owner.sweep
    if (!this.#held) this.#socket.resume()
  }

  fail(error: Error): void {
    const call = this.#call
    this.#close()
    call?.fail(error)
  }

  /** For a connection on which nothing is under way. */
  close(): void {
    this.#close()
  }

  interim(status: number, fields: readonly string[]): void {
    // The one that clients wait for was given by the listener.
    if (status !== CONTINUE) this.#call?.handler.onInterim(status, fields)
  }

  head(status: number, fields: readonly string[]): void {
    this.#call?.handler.onHead(status, fields)
  }

  data(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > LONG_BODY_BYTES && !this.#held) this.#takeTurn(chunk.length)
    this.#call?.handler.onData(chunk)
  }

  /** The call is told once all bytes of this turn are read: what follows the end decides about the connection. */
  end(trailers: readonly string[]): void {
    this.#trailers = trailers
  }

  #takeTurn(bytes: number): void {
    if (this.#owner.turns.take(this.#owner, bytes, this.#goOn)) return
    this.#held = true
    this.#socket.pause()
  }

  readonly #goOn = (): void => {
    this.#held = false
    // Whoever has it by now: a connection on which nothing is under way is read, so that its end is heard.
    if (!this.#closed && this.#call?.paused !== true) this.#socket.resume()
  }

  #send(call: Http1Call): void {
    const { body } = call.request
    const head = requestHead(call.request)
    const socket = this.#socket
    this.#bodySent = body.kind !== 'stream'
    if (body.kind === 'stream') {
      socket.write(head, 'latin1')
      this.#stopBody = sendBody(body.stream, body.length, socketBody(socket, body.length), {
        sent: (bytes) => {
          this.activeAt = this.#owner.sweep
          call.handler.onBodySent(bytes)
        },
        turn: (bytes, goOn) => this.#owner.turns.take(this.#owner, bytes, goOn),
        whole: () => {
          this.#bodySent = true
        },
        broken: (reason) => this.fail(new UpstreamError('request_incomplete', reason)),
      })
      // It may have ended within the call.
      if (this.#call !== call) this.#stopBody()
    } else if (body.kind === 'bytes' && body.bytes.length > 0) {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body.bytes)
      socket.uncork()
      call.handler.onBodySent(body.bytes.length)
    } else {
      socket.write(head, 'latin1')
    }
  }

  /** Reads what has arrived in this turn. */
  read(): void {
    const unread = this.#unread
    if (unread === undefined) return
    // Closed meanwhile, it is read no further.
    while (unread === this.#unread) {
      const chunk = unread.shift() ?? NOTHING
      // Before the last is read: only where nothing is left behind it may its end be the beginning of another request.
      if (unread.length === 0) this.#unread = undefined
      this.#onData(chunk)
    }
  }

  #onArrived(bytes: Buffer): void {
    // Bytes that nobody asked for would be taken for the answer to the next request.
    if (this.#call === undefined) return this.#close()
    const gathered = this.#unread
    if (gathered === undefined) {
      this.#unread = [bytes]
      this.#unreadBytes = bytes.length
    } else {
      gathered.push(bytes)
      this.#unreadBytes += bytes.length
    }
    if (this.#unreadBytes >= MAX_GATHERED_BYTES) this.#readAhead()
    else if (gathered === undefined) arrived.add(this)
  }

  #readAhead(): void {
    this.#readsAhead = true
    this.read()
    this.#readsAhead = false
  }

  /** The turn in which an answer ended is over. */
  turnOver(): void {
    if (this.#trailers !== undefined) this.#complete(true)
  }

  /** How the connection ended is told a turn after what came before it: the client gets that, and not only the news that it was not all. */
  #behindUnread(tell: () => void): void {
    if (this.#endings !== undefined) return void this.#endings.push(tell)
    if (this.#unread === undefined && this.#trailers === undefined) return tell()
    const endings = [tell]
    // Before it is read: whoever takes the next request must not take it to a connection that has ended.
    this.#endings = endings
    this.read()
    // Behind `answeredAhead`, which has been there for longer.
    setImmediate(() => {
      this.#endings = undefined
      for (const next of endings) next()
    })
  }

  #onData(bytes: Buffer): void {
    this.activeAt = this.#owner.sweep
    try {
      const problem = this.#reader.push(bytes, this)
      if (this.#trailers !== undefined) this.#answered(problem)
      else if (problem !== undefined) this.fail(new UpstreamError('answer_invalid', `the upstream’s answer is refused: ${problem}`))
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the answer could not be taken'))
    }
  }

  #answered(problem: string | undefined): void {
    // What the turn still brings is behind this answer, and must not find another request.
    if (this.#readsAhead && problem === undefined) answeredAhead.add(this)
    else this.#complete(problem === undefined)
  }

  #complete(clean: boolean): void {
    const call = this.#call
    const trailers = this.#trailers ?? []
    this.#trailers = undefined
    this.#call = undefined
    this.#used = true
    if (clean && !this.#hasMore && this.#reader.persistent && this.#bodySent && !this.#closed && !this.#socket.writableNeedDrain) {
      this.keptForMs = this.#reader.keptForMs
      if (call?.paused === true) this.#socket.resume()
      this.#owner.idle(this)
    } else {
      // A request that is answered before it was sent whole leaves its rest unsent, and what has left our buffers for the system's has been sent.
      this.#close()
    }
    call?.complete(trailers)
  }

  /** Something has come behind an answer, be it the connection's end; the socket keeps what came while it was paused. */
  get #hasMore(): boolean {
    return this.#unread !== undefined || this.#endings !== undefined || this.#socket.readableLength > 0
  }

  #onEnd(): void {
    if (this.#call === undefined) return this.#close()
    try {
      if (this.#reader.ended(this)) this.#complete(true)
      else this.#broke(undefined)
    } catch (error) {
      this.fail(error instanceof Error ? error : new TypeError('the answer could not be taken'))
    }
  }

  #broke(cause: Error | undefined): void {
    const call = this.#call
    if (call !== undefined && this.#mayBeSentAgain(call)) {
      call.retried = true
      call.carrier = undefined
      this.#owner.again(call)
      return this.#close()
    }
    this.#close()
    call?.fail(new UpstreamError('connection_broken', 'the upstream closed the connection before the answer was whole', { cause }))
  }

  /** A kept connection may be closed by the upstream in the very moment in which a request is sent on it. */
  #mayBeSentAgain(call: Http1Call): boolean {
    return this.#used && this.#reader.untouched && !call.retried && !call.ended && call.request.body.kind === 'none' && SENT_TWICE.has(call.request.method)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#call = undefined
    this.#unread = undefined
    this.#stopBody?.()
    this.#stopBody = undefined
    this.#socket.destroy()
    this.#owner.gone(this)
  }
}
