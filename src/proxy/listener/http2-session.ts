import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream, type ServerSessionOptions } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { Roster } from '../../lib/roster.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { Connection } from './connection.ts'
import { Http2Client } from './http2-client.ts'
import { readHttp2Head } from './http2-head.ts'
import type { ListenerDependencies, ListenerLimits } from './listener-options.ts'
import { readRequest, type ReadContext, type ReadRequest } from './read-request.ts'
import { refuse } from './refuse.ts'

/** From a connection's last answer to its end, where it was told to end. */
const FAREWELL_MS = 1_000

/** What an HTTP/2 connection needs of the listener around it. */
export interface Http2Context {
  readonly deps: ListenerDependencies
  readonly limits: ListenerLimits
  readContext(connection: Connection): ReadContext
}

/** Whoever holds the connections. */
export interface SessionOwner {
  /** A stream has an answer to come. @returns to be called once it is over */
  opened(client: Http2Client): () => void
  gone(session: Http2Session): void
}

/** One HTTP/2 connection with a client: each of its streams is an exchange of its own, through the same reader as any request. */
export class Http2Session {
  /** Since when no stream is open, on the monotonic clock; undefined while one is. */
  idleSinceMs: number | undefined
  /** Whether a stream was ever opened. */
  used = false
  readonly #context: Http2Context
  readonly #connection: Connection
  readonly #owner: SessionOwner
  readonly #socket: TLSSocket
  readonly #session: ServerHttp2Session
  readonly #clients = new Roster<Http2Client>()

  constructor(socket: TLSSocket, connection: Connection, options: ServerSessionOptions, context: Http2Context, owner: SessionOwner) {
    this.#context = context
    this.#connection = connection
    this.#owner = owner
    this.idleSinceMs = context.deps.clock.monotonicMs()
    // A client that has ended its side has gone: it could not even open its windows. A stream has an end of its own.
    socket.allowHalfOpen = false
    // The bounds below are the connection's from here on.
    socket.setTimeout(0)
    this.#socket = socket
    this.#session = performServerHandshake(socket, options)
    // The TLS of a tunnel was ended without a server of Node's: nobody else says that it stands.
    if (this.#session.connecting) socket.emit('secureConnect')
    this.#session.on('stream', (stream, headers, _flags, fields) => this.#onStream(stream, headers[':method'], fields))
    // Told by the streams; the connection itself has nobody to answer.
    this.#session.on('error', () => undefined)
    this.#session.once('close', () => this.#owner.gone(this))
    this.#session.setTimeout(context.limits.idleTimeoutMs, () => this.#session.destroy())
  }

  /** Answers under way. */
  get open(): number {
    return this.#clients.size
  }

  /** No further streams (GOAWAY); the connection ends with the last one. */
  close(): void {
    if (this.#session.closed || this.#session.destroyed) return
    this.#session.close()
    if (this.open === 0) this.#onIdle()
  }

  /** Every now and then. */
  look(nowMs: number): void {
    for (const client of this.#clients) client.look(nowMs)
  }

  destroy(): void {
    this.#session.destroy()
  }

  #onStream(stream: ServerHttp2Stream, method: string | undefined, fields: readonly string[]): void {
    // Either side may break off at any time: whoever reads and writes hears of it by `close`, and no error is left unheard.
    stream.on('error', () => undefined)
    const connection = this.#connection
    const context = this.#context
    if (method === 'CONNECT') return this.#refuseConnect(stream, fields)
    const scheme = connection.encrypted ? 'https' : 'http'
    const raw = readHttp2Head({ fields, ended: stream.endAfterHeaders, scheme, maxBytes: context.limits.maxHeaderBytes })
    const read = isDenial(raw) ? raw : readRequest(raw, context.readContext(connection))
    const client = new Http2Client(stream, {
      method: method ?? '',
      expectsContinue: !isDenial(read) && read.expectsContinue,
      idleTimeoutMs: context.limits.idleTimeoutMs,
    })
    this.#track(stream, client)
    if (isDenial(read)) this.#refuse(client, read, isDenial(raw) ? fieldsOf(fields) : { method, target: raw.url, host: raw.rawHeaders[1] })
    else this.#accept(client, read)
  }

  #track(stream: ServerHttp2Stream, client: Http2Client): void {
    this.used = true
    this.idleSinceMs = undefined
    const place = this.#clients.add(client)
    const over = this.#owner.opened(client)
    const close = (): void => {
      this.#clients.delete(place)
      over()
      client.over()
      if (this.open === 0) this.#onIdle()
    }
    if (stream.destroyed) process.nextTick(close)
    else stream.once('close', close).once('aborted', () => process.nextTick(end, stream))
  }

  #onIdle(): void {
    const { clock, timers } = this.#context.deps
    this.idleSinceMs = clock.monotonicMs()
    // A client that was told to go, and does not, is not waited for.
    if (this.#session.closed) timers.after(FAREWELL_MS, () => this.#socket.destroy())
  }

  #accept(client: Http2Client, { door, request, prefix, proofs }: ReadRequest): void {
    const { clock, sink } = this.#context.deps
    try {
      sink.exchange({ id: newId('dec'), receivedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs(), door, request, prefix, proofs, client, place: this.#connection.place })
    } catch (error) {
      sink.broken(error)
      client.cut()
    }
  }

  /** The refusal ends this stream alone: where the next request begins is never in doubt. */
  #refuse(client: Http2Client, denial: Denial, said: Said): void {
    const { tunnel } = this.#connection
    const answer = refuse(this.#context.deps, denial, {
      door: tunnel === undefined ? 'reverse' : 'connect', method: said.method, host: tunnel?.host ?? said.host, target: said.target, proofs: tunnel?.proofs,
    })
    client.answer(answer.status, answer.headers, Buffer.from(answer.body))
  }

  /** Tunnels are opened by HTTP/1.1 alone, which a browser or curl then takes. */
  #refuseConnect(stream: ServerHttp2Stream, fields: readonly string[]): void {
    const denial = deny('method_refused', this.#connection.tunnel === undefined ? 'a CONNECT over HTTP/2' : 'a CONNECT inside a tunnel')
    refuse(this.#context.deps, denial, { door: 'connect', method: 'CONNECT', host: fieldsOf(fields).host, proofs: this.#connection.tunnel?.proofs })
    stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED)
  }
}

/** Node keeps a stream that was reset by NO_ERROR until its body is read to the end, which may be never. After our own reset has left. */
function end(stream: ServerHttp2Stream): void {
  stream.destroy()
}

/** What a head said, for the record of its refusal. */
interface Said {
  readonly method: string | undefined
  readonly host: string | undefined
  readonly target: string | undefined
}

function fieldsOf(fields: readonly string[]): Said {
  const value = (name: string): string | undefined => {
    const at = fields.indexOf(name)
    return at === -1 || at % 2 === 1 ? undefined : fields[at + 1]
  }
  return { method: value(':method'), host: value(':authority') ?? value('host'), target: value(':path') }
}

