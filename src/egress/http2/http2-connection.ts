import { connect, type ClientHttp2Session, type ClientSessionOptions } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { DialTarget } from '../dial.ts'
import type { TurnShares } from '../turn-shares.ts'
import type { CallOwner, Http2Call } from './http2-call.ts'

/** Whoever holds the connections to one origin. */
export interface Http2ConnectionOwner {
  readonly sweep: number
  /** Whose long bodies, both ways, are this owner's. */
  readonly turns: TurnShares
  /** The upstream has said how many streams it takes; told once. */
  ready(connection: Http2Connection): void
  /** A stream's place is free. */
  free(connection: Http2Connection): void
  /** It is closed, whatever the reason; told once. */
  gone(connection: Http2Connection): void
  again(call: Http2Call): void
}

/** Streams of ours on one connection, whatever the upstream would take. */
const MAX_STREAMS = 100
/** Of an answer that an upstream may send ahead, a stream and a connection. */
const STREAM_WINDOW_BYTES = 262_144
const CONNECTION_WINDOW_BYTES = 4_194_304
const SESSION_MEGABYTES = 32
const MAX_FIELDS = 256
/** A push is an answer that nobody asked for. */
const PUSHES = 0

/** One HTTP/2 connection to an upstream. */
export class Http2Connection implements CallOwner {
  /** Of the last stream's end, by the owner's count. */
  idleAt: number
  isReady = false
  readonly calls = new Set<Http2Call>()
  readonly #session: ClientHttp2Session
  readonly #owner: Http2ConnectionOwner
  readonly #scheme: 'http' | 'https'
  #maxStreams = 0
  #gone = false

  constructor(socket: Duplex, target: DialTarget, maxHeaderBytes: number, owner: Http2ConnectionOwner) {
    this.#owner = owner
    this.idleAt = owner.sweep
    this.#scheme = target.tls ? 'https' : 'http'
    this.#session = connect(`${this.#scheme}://${target.host}:${target.port}`, optionsOf(socket, maxHeaderBytes))
    this.#session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#onSettings(maxConcurrentStreams))
    // Told by the streams.
    this.#session.on('error', () => undefined)
    // Node closes or destroys it by itself; a stream that it did not begin is refused, and told so.
    this.#session.on('close', () => this.#onClose())
    this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
  }

  get sweep(): number {
    return this.#owner.sweep
  }

  takeTurn(bytes: number, goOn: () => void): boolean {
    return this.#owner.turns.take(this.#owner, bytes, goOn)
  }

  /** Whether it takes another request. */
  get hasRoom(): boolean {
    return this.isReady && this.calls.size < this.#maxStreams && !this.#session.closed && !this.#session.destroyed
  }

  begin(call: Http2Call): void {
    this.calls.add(call)
    call.begin(this.#session, this.#scheme, this)
  }

  ended(call: Http2Call): void {
    if (!this.calls.delete(call)) return
    this.idleAt = this.#owner.sweep
    if (this.hasRoom) this.#owner.free(this)
  }

  again(call: Http2Call): void {
    this.#owner.again(call)
  }

  /** No further streams; the connection ends with the last one. */
  close(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close()
  }

  /** Ends it now, and its calls with this error. */
  fail(error: Error): void {
    for (const call of this.calls) call.fail(error)
    this.#session.destroy()
  }

  #onSettings(maxConcurrentStreams: number | undefined): void {
    this.#maxStreams = Math.min(MAX_STREAMS, maxConcurrentStreams ?? MAX_STREAMS)
    if (!this.isReady) {
      this.isReady = true
      this.#owner.ready(this)
    } else if (this.hasRoom) {
      this.#owner.free(this)
    }
  }

  #onClose(): void {
    if (this.#gone) return
    this.#gone = true
    this.#owner.gone(this)
  }
}

/** The types lack what the server's side has too. */
type ConnectionOptions = ClientSessionOptions & { readonly strictSingleValueFields: boolean }

function optionsOf(socket: Duplex, maxHeaderBytes: number): ConnectionOptions {
  return {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: maxHeaderBytes },
    maxReservedRemoteStreams: PUSHES,
    maxSessionMemory: SESSION_MEGABYTES,
    maxHeaderListPairs: MAX_FIELDS,
    // What the client sent twice was judged so, and is sent as it was judged.
    strictSingleValueFields: false,
  }
}
