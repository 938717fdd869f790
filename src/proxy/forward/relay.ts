import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { answerHeaders, type RewriteUrl } from './response-headers.ts'

/** What ended a relay. */
export type RelayEnd =
  | { readonly kind: 'complete'; readonly status: number }
  /** Nothing has reached the client: the caller still owns the answer. */
  | { readonly kind: 'unanswered'; readonly by: 'failed' | 'revoked'; readonly error: Error }
  /** The answer was broken off: by the upstream (`failed`), by the client (`aborted`), by a revocation (`revoked`). */
  | { readonly kind: 'broken'; readonly status: number; readonly by: 'failed' | 'aborted' | 'revoked'; readonly error: Error }

/** Listeners on one socket before Node warns of a leak: as many as requests may wait on a connection. */
const MAX_PIPELINED = 64
const NO_CONTENT = 204

class Cut extends Error {
  readonly by: 'aborted' | 'revoked'

  constructor(by: 'aborted' | 'revoked') {
    super(by)
    this.by = by
  }
}

/**
 * Streams one exchange both ways with backpressure: undici's events write to the client's response directly, with no stream between.
 * Settles exactly once, through `done`.
 */
export class Relay implements Dispatcher.DispatchHandler {
  bytesIn = 0
  bytesOut = 0
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #rewriteUrl: RewriteUrl | undefined
  readonly #done: (end: RelayEnd) => void
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #cut: Cut | undefined
  #settled = false

  constructor(incoming: IncomingMessage, response: ServerResponse, rewriteUrl: RewriteUrl | undefined, done: (end: RelayEnd) => void) {
    this.#incoming = incoming
    this.#response = response
    this.#rewriteUrl = rewriteUrl
    this.#done = done
    // The socket and not the response: one that waits behind another on its connection never hears of the end.
    this.#socket = incoming.socket
    if (this.#socket.getMaxListeners() < MAX_PIPELINED) this.#socket.setMaxListeners(MAX_PIPELINED)
    this.#socket.on('close', this.#onClientClose)
  }

  /** A revocation ends the agent's side now. @returns what ends the upstream's */
  cut(): () => void {
    return this.#abort(new Cut('revoked'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#cut !== undefined) controller.abort(this.#cut)
  }

  onBodySent(chunk: Buffer): void {
    this.bytesIn += chunk.length
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // An interim answer is between upstream and proxy; the one that clients wait for (100) was given by the listener.
    if (status < 200) return
    const headers = answerHeaders(rawHeadersOf(controller), this.#rewriteUrl)
    if (headers === undefined) throw new Error('the answer’s Content-Length is ambiguous')
    this.#status = status
    const { fields, contentLength } = headers
    // RFC 9110 section 8.6: a 204 has no length, and a client that believed one would wait for the next answer's bytes.
    if (contentLength !== undefined && status !== NO_CONTENT) fields.push('content-length', String(contentLength))
    this.#response.writeHead(status, fields)
    // An event stream's head must not wait for its first event.
    if (contentLength === undefined) this.#response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytesOut += chunk.length
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#response.end()
    this.#settle({ kind: 'complete', status: this.#status })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(this.#cut?.by ?? 'failed', error)
  }

  readonly #onClientClose = (): void => {
    if (!this.#response.writableFinished) this.#abort(new Cut('aborted'))()
  }

  /** The bytes stop here and now; the upstream's connection ends by what is returned, as soon as undici has one to end. */
  #abort(cut: Cut): () => void {
    if (this.#settled) return () => undefined
    this.#cut = cut
    this.#end(cut.by, cut)
    return () => this.#controller?.abort(cut)
  }

  #end(by: 'failed' | 'aborted' | 'revoked', error: Error): void {
    if (by !== 'aborted' && !this.#response.headersSent) return this.#settle({ kind: 'unanswered', by, error })
    this.#breakOff()
    this.#settle({ kind: 'broken', status: this.#status, by, error })
  }

  /** A truncated answer must be seen as one: the connection ends without the last chunk. */
  #breakOff(): void {
    this.#response.destroy()
    this.#incoming.destroy()
  }

  #settle(end: RelayEnd): void {
    if (this.#settled) return
    this.#settled = true
    this.#socket.off('close', this.#onClientClose)
    this.#done(end)
  }
}

/** The answer's header as it came: names and values in turn. */
function rawHeadersOf(controller: Dispatcher.DispatchController): readonly (Buffer | string)[] {
  const { rawHeaders } = controller
  if (!Array.isArray(rawHeaders)) throw new TypeError('undici gave no raw header')
  return rawHeaders
}
