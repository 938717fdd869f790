import { EventEmitter } from 'node:events'
import { createServer as createPlainServer, type IncomingMessage, type Server as PlainServer, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { CertifiedKey } from '../../lib/certificates.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Answer, Call, Reply } from './call.ts'
import { CallLog, type OpenEntry } from './call-log.ts'
import { makeStandInCa, serverIdentity } from './certificates.ts'
import { Faults } from './faults.ts'
import { listenOnLoopback } from './listen.ts'
import { readBody } from './read-body.ts'
import { arrivedCall, pathOf, readCall } from './read-call.ts'
import { writeReply } from './write-reply.ts'

const MAX_BODY_BYTES = 32 * 1024 * 1024
const MAX_HEADER_BYTES = 32 * 1024
const MAX_PROBLEMS = 100
const LOOPBACK_NAMES = ['127.0.0.1', '[::1]']

export interface StandInOptions {
  /** 0 or absent for any. */
  readonly port?: number | undefined
  /** Signs the server's certificate; absent for an authority of its own. */
  readonly ca?: CertifiedKey | undefined
  readonly clock: Clock
  /** Every DNS name it answers to; others get 421. The first is the one of `origin`. */
  readonly names: readonly string[]
  respond(call: Call): Answer | Promise<Answer>
  /** Calls whose body is left for `respond` to read, however large; the log then keeps nothing of it. */
  streams?(request: { readonly method: string; readonly path: string }): boolean
  /** Also without TLS, under this name and on a port of its own: for browsers on this machine, which do not trust the stand-ins' authority. */
  readonly plaintextName?: string | undefined
}

/** A running HTTPS server that records what it is sent. HTTP/1.1, both loopback addresses. */
export interface StandInServer<Grants> {
  /** `https://localhost:PORT` */
  readonly origin: string
  readonly port: number
  readonly caPem: string
  /** `http://NAME:PORT`; undefined where it was not asked for. */
  readonly plaintextOrigin: string | undefined
  readonly log: CallLog<Grants>
  readonly faults: Faults
  /** What broke inside the stand-in itself: empty, or the stand-in has a bug. */
  readonly problems: readonly unknown[]
  /** Ends every connection. */
  close(): Promise<void>
}

/** Starts a server that answers with `respond`. Rejects where the port is taken. */
export async function startStandIn<Grants>(options: StandInOptions): Promise<StandInServer<Grants>> {
  const ca = options.ca ?? (await makeStandInCa())
  const identity = await serverIdentity(ca, options.names)
  const desk = new Desk<Grants>(options)
  const makeServer = (): Server => {
    const server = createServer({ ...identity, maxHeaderSize: MAX_HEADER_BYTES, ALPNProtocols: ['http/1.1'] })
    server.on('connection', (socket: Socket) => desk.connected(socket))
    server.on('secureConnection', (socket) => desk.secured(socket))
    server.on('request', (request, response) => void desk.serve(request, response))
    return server
  }
  const { port, servers } = await listenOnLoopback(makeServer, options.port ?? 0)
  const plain = options.plaintextName !== undefined ? await listenOnLoopback(() => plainServer(desk), 0) : undefined
  return {
    origin: `https://${options.names[0] ?? 'localhost'}:${port}`,
    port,
    caPem: ca.certificatePem,
    plaintextOrigin: plain === undefined ? undefined : `http://${options.plaintextName ?? ''}:${plain.port}`,
    log: desk.log,
    faults: desk.faults,
    problems: desk.problems,
    close: () => desk.close([...servers, ...plain?.servers ?? []]),
  }
}

function plainServer<Grants>(desk: Desk<Grants>): PlainServer {
  const server = createPlainServer({ maxHeaderSize: MAX_HEADER_BYTES })
  server.on('connection', (socket) => {
    desk.connected(socket)
    desk.secured(socket)
  })
  server.on('request', (request, response) => void desk.serve(request, response))
  return server
}

/** Takes requests in, answers them, and keeps the log: the state of one stand-in server. */
class Desk<Grants> {
  readonly log = new CallLog<Grants>()
  readonly faults = new Faults()
  readonly problems: unknown[] = []
  readonly #options: StandInOptions
  readonly #closing = new AbortController()
  readonly #connectionIds = new WeakMap<Socket, number>()
  #secured = 0

  constructor(options: StandInOptions) {
    this.#options = options
    EventEmitter.setMaxListeners(0, this.#closing.signal)
  }

  connected(socket: Socket): void {
    this.log.connections += 1
    this.log.openConnections += 1
    socket.once('close', () => (this.log.openConnections -= 1))
  }

  secured(socket: Socket): void {
    this.#connectionIds.set(socket, (this.#secured += 1))
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = this.#arrive(request)
    const left = new AbortController()
    response.once('close', () => left.abort())
    const signal = AbortSignal.any([left.signal, this.#closing.signal])
    try {
      await this.#send(await this.#answer(request, entry, signal), response, entry)
    } catch (error) {
      if (!signal.aborted && (request.complete || !request.destroyed)) this.#broken(error, response, entry)
      if (!response.writableEnded) response.destroy()
      entry.end('abandoned')
    }
  }

  async close(servers: readonly (Server | PlainServer)[]): Promise<void> {
    this.#closing.abort()
    this.log.close()
    await Promise.all(servers.map((server) => closeServer(server)))
  }

  #arrive(request: IncomingMessage): OpenEntry {
    const connection = this.#connectionIds.get(request.socket) ?? 0
    return this.log.arrive({ ...arrivedCall(request), connection, atMs: this.#options.clock.nowMs() })
  }

  async #answer(request: IncomingMessage, entry: OpenEntry, signal: AbortSignal): Promise<Answer> {
    const streamed = this.#options.streams?.({ method: request.method ?? '', path: pathOf(request.url ?? '') }) === true
    const body = streamed ? Buffer.alloc(0) : await readBody(request, MAX_BODY_BYTES)
    if (body === undefined) return plain(413, 'The body is too large.', { connection: 'close' })
    entry.body(body)
    const call = readCall(request, body, entry, signal)
    if (![...this.#options.names, ...LOOPBACK_NAMES].includes(call.hostname)) return plain(421, 'This host is not served here.', {})
    return (await this.#misbehave(call)) ?? this.#options.respond(call)
  }

  async #misbehave(call: Call): Promise<Answer | undefined> {
    if (this.faults.latencyMs > 0) await wait(this.faults.latencyMs, undefined, { signal: call.signal })
    const fault = this.faults.take(call.method, call.path)
    switch (fault?.kind) {
      case undefined:
        return undefined
      case 'fail':
        return { status: fault.status, headers: fault.headers, body: fault.body }
      case 'cut':
        return 'cut'
      case 'hang':
        return aborted(call.signal)
      case 'hold':
        fault.reached()
        await Promise.race([fault.released, aborted(call.signal)])
        return undefined
    }
  }

  async #send(answer: Answer, response: ServerResponse, entry: OpenEntry): Promise<void> {
    if (answer === 'cut') {
      entry.end('cut')
      response.destroy()
      return
    }
    entry.status(answer.status)
    await writeReply(withDate(answer, this.#options.clock), response)
    entry.end('answered')
  }

  #broken(error: unknown, response: ServerResponse, entry: OpenEntry): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(error)
    if (response.headersSent) return
    response.writeHead(500).end()
    entry.status(500)
    entry.end('answered')
  }
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>>): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: text }
}

/** Clients set their clocks by `Date`, so it is the stand-in's own time. */
function withDate(reply: Reply, clock: Clock): Reply {
  return { ...reply, headers: { date: new Date(clock.nowMs()).toUTCString(), ...reply.headers } }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = (): void => reject(new Error('the client left'))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}

function closeServer(server: Server | PlainServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
