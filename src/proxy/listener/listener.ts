import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { Socket, type Server as NetServer } from 'node:net'
import { TLSSocket } from 'node:tls'
import { formatListenAddress, isLocalAddress, parseListenAddress, type ListenAddress } from '../../lib/listen-address.ts'
import { Roster } from '../../lib/roster.ts'
import { TurnBatch } from '../../lib/turn-batch.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { ConnectionPlace } from '../connection-places.ts'
import type { Door } from '../exchange.ts'
import { onConnect, type ConnectContext } from './connect.ts'
import { Http1Client } from './http1-client.ts'
import { Http2Door } from './http2-door.ts'
import { awaitPreface } from './http2-preface.ts'
import { watchHalfClosed } from './half-closed.ts'
import { endAfter, newConnection, type Connection, type TunnelFacts } from './connection.ts'
import { drain, type OpenExchange } from './drain.ts'
import { listenAt } from '../../lib/listen-at.ts'
import type { Listener, ListenerDependencies, ListenerLimits, ListenerOptions, ListenerTls } from './listener-options.ts'
import type { ClientError } from './parser-error.ts'
import { readRequest, type ReadContext, type ReadRequest } from './read-request.ts'
import { peerOf, tlsOptionsOf } from './listener-tls.ts'
import { answerOnSocket, refuse } from './refuse.ts'
import { socksServer } from './socks-door.ts'
import { onUnreadable } from './unreadable.ts'
import { onUpgrade, takesConnection } from './upgrade.ts'

/** Names by which a local program reaches a bound listener. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * Opens the one port for forward mode (CONNECT, absolute form) and reverse mode. Everything that comes is either handed to the
 * sink as a canonical request, or refused, answered and told to the sink: once, and never neither, but for a request whose connection breaks
 * in the very turn that brought it: nothing at all is done about that one.
 * @throws Error with one sentence where the address cannot be used, or is not safe to use as configured
 */
export async function startListener(options: ListenerOptions, deps: ListenerDependencies): Promise<Listener> {
  const wanted = safeAddress(options)
  const open = new OpenListener(options, deps, wanted)
  const socks = options.socksAddress === undefined ? undefined : safeSocksAddress(options.socksAddress, options)
  const address = await listenAt(open.server, wanted)
  return {
    address: formatListenAddress(address),
    port: portOf(address),
    socks: socks === undefined ? undefined : await open.openSocks(socks),
    openTunnels: () => open.tunnels.size,
    close: ({ graceMs }) => open.close(graceMs),
  }
}

function safeAddress(options: ListenerOptions): ListenAddress {
  const address = parseListenAddress(options.address)
  if (address === undefined) throw new Error(`The listener address ${JSON.stringify(options.address)} is not of the form 127.0.0.1:8080, [::1]:8080 or unix:/path.`)
  if (isLocalAddress(address)) return address
  if (options.bound !== undefined) throw new Error(`The listener on ${options.address} is bound to an agent: only a loopback address or a Unix socket can be.`)
  if (options.tls === undefined && !options.allowPlaintext) {
    throw new Error(`The listener on ${options.address} can be reached over the network: it needs listener.tls, or listener.unsafe_allow_plaintext.`)
  }
  return address
}

/** SOCKS5 has no TLS: what weakens the listener without it weakens this door alike. */
function safeSocksAddress(text: string, options: ListenerOptions): ListenAddress {
  return safeAddress({ ...options, address: text, tls: undefined })
}

function portOf(address: ListenAddress): number {
  return address.kind === 'tcp' ? address.port : 0
}

/** Either side may break off at any time: whoever reads and writes hears of it by `close`. */
const UNHEARD = (): void => undefined
const NOTHING_ASKED = { expectsContinue: false, acceptsTrailers: false, hasBody: true }

/** A request as Node's server gives it. */
interface Arrived {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
}

class OpenListener implements ConnectContext {
  readonly server: Server
  readonly deps: ListenerDependencies
  readonly limits: ListenerLimits
  readonly tunnels = new Set<Socket>()
  readonly relays = new Set<Socket>()
  readonly #options: ListenerOptions
  readonly #ownHosts: ReadonlySet<string> | undefined
  readonly #exposed: boolean
  readonly #connections = new WeakMap<Socket, Connection>()
  readonly #sockets = new Set<Socket>()
  /** Of the connections that TLS is ended on. */
  readonly #places = new WeakMap<Socket, ConnectionPlace>()
  readonly #open = new Roster<OpenExchange>()
  readonly #http2: Http2Door
  readonly #requests = new TurnBatch<Arrived>((arrived) => this.#onRequest(arrived))
  #socks: NetServer | undefined
  #draining = false

  constructor(options: ListenerOptions, deps: ListenerDependencies, address: ListenAddress) {
    this.#options = options
    this.deps = deps
    this.limits = options.limits
    this.#ownHosts = address.kind === 'unix' ? undefined : new Set([...LOCAL_HOSTS, address.host, `[${address.host}]`])
    this.#exposed = options.tls === undefined && !isLocalAddress(address)
    this.#http2 = new Http2Door(this, this.#open)
    this.server = this.#createServer()
  }

  readonly draining = (): boolean => this.#draining

  async close(graceMs: number): Promise<void> {
    // What has come by now is under way.
    this.#requests.flush()
    this.#draining = true
    const server = { close: (closed: () => void) => this.#closeServers(closed), closeIdleConnections: () => this.server.closeIdleConnections() }
    await drain({ server, sockets: this.#sockets, relays: this.relays, open: this.#open, http2: this.#http2, timers: this.deps.timers }, graceMs)
  }

  async openSocks(wanted: ListenAddress): Promise<NonNullable<Listener['socks']>> {
    const { bound } = this.#options
    const { deps, limits, tunnels, relays, draining } = this
    this.#socks = socksServer({
      deps, limits, tunnels, relays, draining, bound,
      exposed: !isLocalAddress(wanted),
      readContext: (connection) => this.readContext(connection),
      serve: (socket, tunnel) => this.serve(socket, tunnel),
      adopt: (socket) => this.#adopt(socket),
    })
    try {
      const address = await listenAt(this.#socks, wanted)
      return { address: formatListenAddress(address), port: portOf(address) }
    } catch (error) {
      this.server.close()
      throw error
    }
  }

  hold(exchange: OpenExchange): void {
    const place = this.#open.add(exchange)
    exchange.onClose(() => this.#open.delete(place))
  }

  #closeServers(closed: () => void): void {
    const servers = this.#socks === undefined ? [this.server] : [this.server, this.#socks]
    let left = servers.length
    for (const server of servers) {
      server.close(() => {
        left -= 1
        if (left === 0) closed()
      })
    }
  }

  #adopt(socket: Socket): Connection | undefined {
    this.#onSocket(socket)
    if (socket.destroyed) return undefined
    return this.#connections.get(socket) ?? this.#connect(socket, { encrypted: false, peer: undefined, tunnel: undefined, place: this.#places.get(socket) })
  }

  readContext(connection: Connection): ReadContext {
    const { maxUriBytes, maxHeaders } = this.limits
    const { bound } = this.#options
    return { connection, bound, nowMs: this.deps.clock.nowMs(), maxUriBytes, maxHeaders, ownHosts: this.#ownHosts, exposed: this.#exposed }
  }

  serve(socket: Socket, tunnel: TunnelFacts): void {
    const connection = this.#connect(socket, { encrypted: tunnel.scheme === 'https', peer: undefined, tunnel, place: tunnel.place })
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') return this.#http2.serve(socket, connection)
    // One server, so that its bounds and timeouts hold inside tunnels too; `secureConnection` is where https hands over to http.
    this.server.emit(this.#options.tls === undefined ? 'connection' : 'secureConnection', socket)
    socket.resume()
  }

  #createServer(): Server {
    const { limits } = this
    const { tls } = this.#options
    const shouldUpgradeCallback = (incoming: IncomingMessage): boolean => takesConnection(incoming, this.#connectionOf(incoming.socket))
    const httpOptions = { ...httpOptionsOf(limits), shouldUpgradeCallback }
    const server = tls === undefined ? createHttpServer(httpOptions) : createHttpsServer({ ...httpOptions, ...tlsOptionsOf(tls, limits) })
    // Node would end a client that ends its side, whatever it waits for (ADR 0048). Its types do not know it.
    Reflect.set(server, 'httpAllowHalfOpen', true)
    // Fields beyond Node's own bound would silently not be seen: the reader counts them itself.
    server.maxHeadersCount = 0
    if (this.deps.places === undefined) server.maxConnections = limits.maxConnections
    server.timeout = limits.idleTimeoutMs
    server.prependListener('connection', (socket: Socket) => this.#onSocket(socket))
    if (tls !== undefined) this.#handOver(server, tls)
    const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => this.#requests.add({ incoming, response })
    server.on('request', onRequest)
    server.on('checkContinue', onRequest)
    server.on('checkExpectation', onRequest)
    // What comes behind requests on their connection finds them read.
    server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => this.#onConnect(this.#upToNow(socket), incoming, socket, head))
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => onUpgrade(this, this.#upToNow(socket), incoming, socket, head))
    server.on('clientError', (error: ClientError, socket: Socket) => {
      this.#requests.flush()
      onUnreadable(this.deps, this.#connections.get(socket), error, socket)
    })
    server.on('drop', () => this.deps.sink.dropped())
    return server
  }

  #onSocket(socket: Socket): void {
    if (this.#connections.has(socket)) return
    socket.on('error', UNHEARD)
    const { places, sink } = this.deps
    const place = places?.add(socket)
    if (places !== undefined && place === undefined) {
      sink.dropped()
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    // `on` and not `once`, which keeps an object and a closure more for as long as the connection: it closes once in any case.
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (place !== undefined) places?.remove(place)
    })
    if (this.#options.tls === undefined) this.#connect(socket, { encrypted: false, peer: undefined, tunnel: undefined, place })
    else if (place !== undefined) this.#places.set(socket, place)
  }

  /** https hands every connection to http by a listener of its own: here only those that speak it. */
  #handOver(server: Server, tls: ListenerTls): void {
    const handOver = server.listeners('secureConnection')
    server.removeAllListeners('secureConnection')
    const toHttp1 = (socket: Socket): void => {
      // As every connection of a plain server is.
      socket.allowHalfOpen = true
      for (const listener of handOver) Reflect.apply(listener, server, [socket])
    }
    server.on('secureConnection', (socket: TLSSocket) => {
      // The inside of a tunnel is one already.
      if (this.#connections.has(socket)) return toHttp1(socket)
      const connection = this.#connect(socket, { encrypted: true, peer: peerOf(socket, tls), tunnel: undefined, place: this.#placeBelow(socket) })
      if (socket.alpnProtocol !== 'h2') return toHttp1(socket)
      awaitPreface(socket, this.limits.headerTimeoutMs, this.deps.timers, (spoken) => {
        if (spoken === 'http2') return this.#http2.serve(socket, connection)
        toHttp1(socket)
        socket.resume()
      })
    })
  }

  #connect(socket: Socket, facts: Pick<Connection, 'encrypted' | 'peer' | 'tunnel' | 'place'>): Connection {
    const connection = newConnection(facts)
    this.#connections.set(socket, connection)
    // Here and not at each answer: one that waits behind another on its connection never hears of the end.
    socket.on('close', () => {
      for (const client of connection.open) client.over()
    })
    socket.on('end', () => watchHalfClosed(this.#upToNow(socket), socket, this.deps.timers))
    return connection
  }

  /** Node keeps the connection that TLS was ended on, and tells no other way which one that was. */
  #placeBelow(socket: TLSSocket): ConnectionPlace | undefined {
    const below: unknown = Reflect.get(socket, '_parent')
    return below instanceof Socket ? this.#places.get(below) : undefined
  }

  #connectionOf(socket: Socket): Connection {
    const connection = this.#connections.get(socket)
    if (connection === undefined) throw new TypeError('a request on a connection that was never accepted')
    return connection
  }

  /** The connection, once all that has come on it is read. */
  #upToNow(socket: Socket): Connection {
    this.#requests.flush()
    return this.#connectionOf(socket)
  }

  #onRequest({ incoming, response }: Arrived): void {
    // It broke in the very turn in which the request came: nobody would be told of the end of its exchange, nor wait for it.
    if (incoming.socket.destroyed) return
    const connection = this.#connectionOf(incoming.socket)
    // What follows a refused request is not read: nobody knows where it begins.
    if (connection.closing) return
    const { method = '', url = '', httpVersion, rawHeaders } = incoming
    const read = this.#bounded(connection) ?? readRequest({ method, url, httpVersion, rawHeaders }, this.readContext(connection))
    const { deps } = this
    const refused = isDenial(read)
    const client = new Http1Client(incoming, response, refused ? NOTHING_ASKED : read, deps.timers)
    this.#track(connection, incoming, response, client)
    if (connection.passedOver === incoming) endAfter(connection, client)
    if (!refused) return this.#accept(read, client, incoming, connection)
    connection.closing = true
    const { tunnel } = connection
    const answer = refuse(deps, read, { door: doorOf(connection, url), method, host: tunnel?.host ?? incoming.headers.host, target: url, proofs: tunnel?.proofs })
    client.endConnection()
    client.answer(answer.status, answer.headers, Buffer.from(answer.body))
  }

  /** Answers come in the order of requests: a CONNECT takes the whole connection, and cannot take it from one that is not answered yet. */
  #onConnect(connection: Connection, incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    if (!connection.closing && connection.open.size === 0) return onConnect(this, connection, incoming, socket, head)
    // Node listens no more: an error without a listener would end the process.
    socket.on('error', () => undefined)
    // Unread, the client's leaving would go unnoticed.
    socket.resume()
    if (connection.closing) return
    connection.closing = true
    const { deps } = this
    const denial = deny('request_ambiguous', 'a CONNECT behind a request that is not answered yet')
    const answer = refuse(deps, denial, { door: 'connect', method: 'CONNECT', host: incoming.url })
    connection.whenIdle = () => answerOnSocket(socket, answer, deps.timers)
  }

  #accept(read: ReadRequest, client: Http1Client, incoming: IncomingMessage, { place }: Connection): void {
    const { clock, sink } = this.deps
    try {
      sink.exchange({
        id: newId('dec'),
        receivedAtMs: clock.nowMs(),
        startedMonotonicMs: clock.monotonicMs(),
        door: read.door,
        request: read.request,
        prefix: read.prefix,
        proofs: read.proofs,
        client,
        place,
      })
    } catch (error) {
      sink.broken(error)
      incoming.socket.destroy()
    }
  }

  #bounded(connection: Connection): Denial | undefined {
    if (this.#draining) return deny('draining', 'the listener is closing')
    return connection.open.size >= this.limits.maxPipelined ? deny('overloaded', 'too many requests of one connection wait for their answers', { retryAfterMs: 1_000 }) : undefined
  }

  #track(connection: Connection, incoming: IncomingMessage, response: ServerResponse, client: Http1Client): void {
    connection.latest = incoming
    const place = this.#open.add(client)
    const placeInConnection = connection.open.add(client)
    // Either side may break off at any time: whoever reads and writes hears of it by `close`, and no error is left unheard.
    incoming.on('error', UNHEARD)
    response.on('error', UNHEARD)
    client.onClose(() => {
      connection.open.delete(placeInConnection)
      this.#open.delete(place)
      // Most connections rest most of their time: without their last request, its fields among them.
      if (connection.latest === incoming && incoming.complete) connection.latest = undefined
      if (connection.open.size === 0) connection.whenIdle?.()
    })
    response.on('close', () => client.over())
  }
}

function httpOptionsOf(limits: ListenerLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
    // Answered here, so that the sink is told; Node would answer by itself.
    requireHostHeader: false,
    headersTimeout: limits.headerTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.max(50, Math.min(5_000, Math.floor(limits.headerTimeoutMs / 4))),
    noDelay: true,
  }
}

function doorOf(connection: Connection, url: string): Door {
  if (connection.tunnel !== undefined) return 'connect'
  return url.startsWith('/') ? 'reverse' : 'absolute'
}
