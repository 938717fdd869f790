import type { Socket } from 'node:net'
import { couldBeHttp, headEnd, parseAnswerHead } from '../../egress/http1/answer-head.ts'
import { AnswerReader, type AnswerSink } from '../../egress/http1/answer-reader.ts'
import { requestHead } from '../../egress/http1/request-head.ts'
import { UpstreamError } from '../../egress/upstream-error.ts'
import type { AnswerHandler, UpstreamCall, UpstreamRequest } from '../../egress/upstream.ts'
import { newWebSocketKey } from '../../http/websocket/accept.ts'
import { judgeSwitch } from '../../http/websocket/judge-switch.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'

/** Bounds of a handshake with an upstream. */
export interface HandshakeLimits {
  /** From the request's last byte to the end of the answer's head. */
  readonly answerTimeoutMs: number
  /** Between two pieces of an answer that is no WebSocket; 0 for no bound. */
  readonly bodyIdleTimeoutMs: number
  /** From the request to the end of such an answer; 0 for no bound. */
  readonly wholeTimeoutMs: number
  readonly maxHeadBytes: number
}

/** The upstream has agreed: from here on its bytes are frames. */
export interface OpenedWebSocket {
  /** Paused, and with no listener of ours. */
  readonly socket: Socket
  /** Bytes of frames that came with the answer. */
  readonly head: Buffer
  /** The 101's own: name, value, name, value … */
  readonly fields: readonly string[]
  readonly protocol: string | undefined
}

/** What one handshake needs. */
export interface HandshakeOptions {
  /** With the credential, and without any field of the handshake. */
  readonly request: UpstreamRequest
  readonly protocols: readonly string[]
  /** Told of everything but a good 101. */
  readonly handler: AnswerHandler
  readonly limits: HandshakeLimits
  readonly timers: Timers
  opened(opened: OpenedWebSocket): void
}

const MAX_INTERIM = 8
const SWITCHING_PROTOCOLS = 101
const NOTHING = Buffer.alloc(0)

/**
 * Asks an upstream for a WebSocket on a connection of its own, with a key of ours: what the client chose never stands before an upstream,
 * and its answer proves that it read just this request. Any answer but 101 is told as that of an ordinary call, after which the
 * connection ends.
 */
export class HandshakeCall implements UpstreamCall, AnswerSink {
  readonly #options: HandshakeOptions
  readonly #key = newWebSocketKey()
  #socket: Socket | undefined
  #reader: AnswerReader | undefined
  #pending: Buffer = NOTHING
  #interim = 0
  #paused = false
  #ended = false
  #cancel: Cancel | undefined
  #cancelWhole: Cancel | undefined

  constructor(options: HandshakeOptions) {
    this.#options = options
  }

  /** @param dial opens the connection, through the egress guard */
  start(dial: () => Promise<Socket>): void {
    this.#options.handler.onCall(this)
    if (this.#ended) return
    dial().then((socket) => this.#connected(socket), (error: unknown) => this.#fail(errorOf(error)))
  }

  pause(): void {
    this.#paused = true
    this.#socket?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#socket?.resume()
  }

  abort(error: Error): void {
    this.#fail(error)
  }

  interim(status: number, fields: readonly string[]): void {
    this.#options.handler.onInterim(status, fields)
  }

  head(status: number, fields: readonly string[]): void {
    this.#options.handler.onHead(status, fields)
  }

  data(chunk: Buffer): void {
    this.#options.handler.onData(chunk)
  }

  end(trailers: readonly string[]): void {
    this.#finish()
    this.#options.handler.onEnd(trailers)
  }

  #connected(socket: Socket): void {
    if (this.#ended) return void socket.destroy()
    const { limits, timers } = this.#options
    this.#socket = socket
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    this.#cancel = timers.after(limits.answerTimeoutMs, () => this.#fail(new UpstreamError('answer_timeout', 'the upstream did not answer the handshake in time')))
    if (limits.wholeTimeoutMs > 0) this.#cancelWhole = timers.after(limits.wholeTimeoutMs, () => this.#fail(new UpstreamError('answer_timeout', 'the whole call took too long')))
    socket.write(requestHead(this.#asked()), 'latin1')
    if (!this.#paused) socket.resume()
  }

  #asked(): UpstreamRequest {
    const { request, protocols } = this.#options
    const fields = [...request.fields, 'connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13', 'sec-websocket-key', this.#key]
    if (protocols.length > 0) fields.push('sec-websocket-protocol', protocols.join(', '))
    return { ...request, fields }
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      const problem = this.#reader === undefined ? this.#readHead(chunk) : this.#reader.push(chunk, this)
      if (problem !== undefined) this.#fail(new UpstreamError('answer_invalid', `the upstream’s answer is refused: ${problem}`))
    } catch (error) {
      this.#fail(errorOf(error))
    }
  }

  readonly #onEnd = (): void => {
    if (this.#reader?.ended(this) !== true) this.#fail(new UpstreamError('connection_broken', 'the upstream ended the connection before its answer was whole'))
  }

  readonly #onError = (error: Error): void => this.#fail(new UpstreamError('connection_broken', 'the connection to the upstream broke', { cause: error }))

  readonly #onClose = (): void => this.#fail(new UpstreamError('connection_broken', 'the upstream closed the connection before its answer was whole'))

  /** Until the first head that is not interim. @returns a sentence of ours where it is refused */
  #readHead(chunk: Buffer): string | undefined {
    let all = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    let looked = this.#pending.length
    for (;;) {
      if (all.length > 0 && !couldBeHttp(all)) return 'it is not HTTP/1'
      const end = headEnd(all, looked)
      if (end > this.#options.limits.maxHeadBytes || (end === -1 && all.length > this.#options.limits.maxHeadBytes)) return 'its head is over the bound'
      if (end === -1) {
        this.#pending = all
        return undefined
      }
      const head = parseAnswerHead(all.toString('latin1', 0, end - 2))
      if (typeof head === 'string') return head
      if (head.status === SWITCHING_PROTOCOLS) return head.minor === 0 ? 'it switches protocols in HTTP/1.0' : this.#switch(head.fields, all.subarray(end))
      if (head.status >= 200) return this.#ordinary(all)
      this.#interim += 1
      if (this.#interim > MAX_INTERIM) return `more than ${MAX_INTERIM} interim answers`
      this.interim(head.status, head.fields)
      all = all.subarray(end)
      looked = 0
    }
  }

  #ordinary(bytes: Buffer): string | undefined {
    const { request, limits } = this.#options
    this.#cancel?.()
    this.#socket?.setTimeout(limits.bodyIdleTimeoutMs, () => this.#fail(new UpstreamError('answer_timeout', 'the upstream’s answer stopped for too long')))
    this.#pending = NOTHING
    this.#reader = new AnswerReader(limits.maxHeadBytes)
    this.#reader.expect(request.method)
    return this.#reader.push(bytes, this)
  }

  #switch(fields: readonly string[], head: Buffer): string | undefined {
    const judged = judgeSwitch(fields, this.#key, this.#options.protocols)
    if (typeof judged === 'string') return judged
    const socket = this.#socket as Socket
    this.#ended = true
    this.#leave(socket)
    // Until its next owner listens: an error that nobody hears would end the process.
    socket.on('error', () => undefined)
    socket.pause()
    this.#options.opened({ socket, head, fields, protocol: judged.protocol })
    return undefined
  }

  #fail(error: Error): void {
    if (this.#ended) return
    this.#finish()
    this.#options.handler.onError(error)
  }

  /** Nothing is told any more, and the connection is used for nothing else. */
  #finish(): void {
    this.#ended = true
    const socket = this.#socket
    if (socket === undefined) return
    this.#leave(socket)
    socket.on('error', () => undefined)
    socket.destroy()
  }

  #leave(socket: Socket): void {
    this.#cancel?.()
    this.#cancelWhole?.()
    socket.setTimeout(0)
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new TypeError('something other than an error was thrown')
}
