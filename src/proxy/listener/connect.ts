import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { deny, Fault, isDenial, type Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { HeldConnection } from '../connection-places.ts'
import type { Connection, TunnelFacts } from './connection.ts'
import { sniff, type Spoken } from './first-byte.ts'
import type { ConnectRequest, ConnectVerdict, ListenerDependencies, ListenerLimits } from './listener-options.ts'
import { readConnect, type ReadContext } from './read-request.ts'
import { answerOf, answerOnSocket, lingerThenDestroy, refuse, refuseUnjudged } from './refuse.ts'
import { HTTP_SPEECH, type TunnelSpeech } from './tunnel-speech.ts'
import { ANY_HTTP, endTls, ONLY_HTTP1, type Protocols } from './tunnel-tls.ts'

/** What a CONNECT needs of the listener around it. */
export interface ConnectContext {
  readonly deps: ListenerDependencies
  readonly limits: ListenerLimits
  readonly tunnels: Set<Socket>
  readonly relays: Set<Socket>
  readonly draining: () => boolean
  readContext(connection: Connection): ReadContext
  /** Gives the inside of a tunnel to the HTTP parser, as a connection of its own. */
  serve(socket: Socket, tunnel: TunnelFacts): void
}

/** A tunnel that is asked for, whatever the protocol. */
export interface Opening {
  readonly context: ConnectContext
  readonly socket: Socket
  /** What the client sent ahead. */
  readonly head: Buffer
  readonly connect: ConnectRequest
  readonly speech: TunnelSpeech
}

/** Judges a CONNECT by itself; what comes through the tunnel is judged again, request by request. */
export function onConnect(context: ConnectContext, connection: Connection, incoming: IncomingMessage, socket: Socket, head: Buffer): void {
  // From here on Node listens no more, and an error without a listener ends the process.
  socket.on('error', () => undefined)
  const { deps } = context
  const times = { receivedAtMs: deps.clock.nowMs(), startedMonotonicMs: deps.clock.monotonicMs() }
  const id = newId('dec')
  const read = tunnelBound(context) ?? readConnect({ method: 'CONNECT', url: incoming.url ?? '', httpVersion: incoming.httpVersion, rawHeaders: incoming.rawHeaders }, context.readContext(connection))
  if (isDenial(read)) {
    answerOnSocket(socket, refuse(deps, read, { id, door: 'connect', method: 'CONNECT', host: incoming.url, ...times }), deps.timers)
    return
  }
  openTunnel({ context, socket, head, speech: HTTP_SPEECH, connect: { id, ...read, ...times, connection: heldBy(socket, connection) } })
}

/** Judges whether there is to be a tunnel, answers, and hands on what comes through it. */
export function openTunnel(opening: Opening): void {
  const { context: { deps, tunnels }, socket, speech } = opening
  hold(tunnels, socket)
  const broken = (error: unknown): void => {
    deps.sink.broken(error)
    socket.destroy()
  }
  const judged = (verdict: Judged, ready: Opening): void => {
    if (verdict instanceof Fault) speech.refuse(socket, refuseUnjudged(deps, verdict, factsOf(ready)), deps.timers)
    else open(ready, verdict)
  }
  try {
    const verdict = authorize(opening)
    if (verdict instanceof Promise) void whenJudged(opening, verdict, judged).catch(broken)
    else judged(verdict, opening)
  } catch (error) {
    broken(error)
  }
}

/** In a function of its own: what a listener could see is kept for as long as its socket, and an opening is over soon. */
function hold(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
}

/** What came ahead waits in the socket: one that has nothing to read tells its client's end at once, to nobody, and takes nothing back. */
async function whenJudged(opening: Opening, verdict: Promise<Judged>, judged: (verdict: Judged, ready: Opening) => void): Promise<void> {
  const { socket, head } = opening
  if (head.length > 0) socket.unshift(head)
  const settled = await verdict
  const ahead: unknown = head.length > 0 ? socket.read() : null
  judged(settled, { ...opening, head: Buffer.isBuffer(ahead) ? ahead : Buffer.alloc(0) })
}

/** The connection that a tunnel takes, as admission counts it. */
export function heldBy(socket: Socket, { place }: Connection): HeldConnection {
  return { place, onClose: (listener) => void (socket.closed ? queueMicrotask(listener) : socket.on('close', listener)) }
}

type Judged = ConnectVerdict | Denial | Fault

/** A Fault is told to the client by its code; anything else that is thrown is a defect of ours. */
function authorize({ context: { deps }, connect }: Opening): Judged | Promise<Judged> {
  const unjudged = (error: unknown): Fault => {
    if (error instanceof Fault) return error
    throw error
  }
  try {
    const verdict = deps.authorizeConnect(connect)
    return verdict instanceof Promise ? verdict.catch(unjudged) : verdict
  } catch (error) {
    return unjudged(error)
  }
}

/** Why no further tunnel is opened at the moment. */
export function tunnelBound(context: ConnectContext): Denial | undefined {
  if (context.draining()) return deny('draining', 'the listener is closing')
  return context.tunnels.size >= context.limits.maxTunnels ? deny('overloaded', `${context.limits.maxTunnels} tunnels are open`, { retryAfterMs: 1_000 }) : undefined
}

function open(opening: Opening, verdict: ConnectVerdict | Denial): void {
  const { socket, connect, context: { deps } } = opening
  if (socket.destroyed) return
  if (typeof verdict === 'object') return refuseTunnel(opening, verdict)
  switch (verdict) {
    case 'tunnel':
      return relay(opening)
    case 'plain':
      return establish(opening, servePlain)
    case 'intercept':
    case 'intercept_http1': {
      if (!deps.ca.covers(connect.host)) {
        return refuseTunnel(opening, deny('host_not_served', 'the host is not among ca.hosts, so its TLS cannot be intercepted', {
          hint: 'The host is not declared in ca.hosts.',
        }))
      }
      return establish(opening, verdict === 'intercept' ? serveTls : serveTlsOfHttp1)
    }
  }
}

function relay({ context: { deps, relays }, socket, head, connect, speech }: Opening): void {
  hold(relays, socket)
  deps.openTunnel({
    ...connect,
    socket,
    head,
    accept: () => void socket.write(speech.established),
    refuse: (code, denial) => {
      const answer = answerOf(code, denial, connect.id)
      speech.refuse(socket, answer, deps.timers)
      return answer.status
    },
  })
}

function establish(opening: Opening, begin: (opening: Opening, spoken: Spoken) => void): void {
  const { socket, head, speech, context: { limits, deps } } = opening
  socket.write(speech.established)
  const standing = { ...opening, speech: HTTP_SPEECH }
  sniff(socket, head, limits.firstByteTimeoutMs, deps.timers, (spoken) => begin(standing, spoken))
}

function servePlain(opening: Opening, spoken: Spoken): void {
  const { connect, socket } = opening
  if (spoken !== 'http') return refuseSpoken(opening, spoken, 'plain HTTP')
  opening.context.serve(socket, { host: connect.host, port: connect.port, scheme: 'http', serverName: undefined, ...provenBy(connect) })
}

function provenBy({ proofs, connection }: ConnectRequest): Pick<TunnelFacts, 'proofs' | 'place'> {
  return { proofs, place: connection.place }
}

function serveTls(opening: Opening, spoken: Spoken): void {
  endTlsFor(opening, spoken, ANY_HTTP)
}

function serveTlsOfHttp1(opening: Opening, spoken: Spoken): void {
  endTlsFor(opening, spoken, ONLY_HTTP1)
}

function endTlsFor(opening: Opening, spoken: Spoken, protocols: Protocols): void {
  if (spoken !== 'tls') return refuseSpoken(opening, spoken, 'TLS')
  const { context: { deps }, connect, socket } = opening
  const made = deps.ca.contextFor(connect.host)
  if (!(made instanceof Promise)) return intercept(opening, made, protocols)
  void made.then((settled) => intercept(opening, settled, protocols), (error: unknown) => {
    deps.sink.broken(error)
    refuse(deps, deny('overloaded', 'no certificate could be made for the host'), factsOf(opening))
    socket.destroy()
  })
}

function intercept(opening: Opening, secureContext: SecureContext, protocols: Protocols): void {
  const { socket, connect, context } = opening
  const { limits, deps } = context
  if (socket.destroyed) return
  endTls(socket, { context: secureContext, protocols, timeoutMs: limits.handshakeTimeoutMs }, deps.timers, (handshake) => {
    if ('failed' in handshake) {
      // Not answered: the client has not agreed to read anything. An ops person sees here that an agent does not trust the bundle.
      refuse(deps, deny('tunnel_not_intercepted', `the TLS handshake with the client failed (${handshake.failed})`), factsOf(opening))
      return
    }
    context.serve(handshake.socket, { host: connect.host, port: connect.port, scheme: 'https', serverName: handshake.serverName, ...provenBy(connect) })
  })
}

function refuseSpoken(opening: Opening, spoken: Spoken, expected: string): void {
  if (spoken === 'gone') {
    lingerThenDestroy(opening.socket, opening.context.deps.timers)
    return
  }
  const silent = spoken === 'silent'
  refuseTunnel(opening, silent ? deny('request_timeout', 'no byte came through the tunnel in time') : deny('tunnel_not_intercepted', `the tunnel carries something other than ${expected}`))
}

function refuseTunnel(opening: Opening, denial: Denial): void {
  const { deps } = opening.context
  opening.speech.refuse(opening.socket, refuse(deps, denial, factsOf(opening)), deps.timers)
}

function factsOf({ connect }: Opening): Parameters<typeof refuse>[2] {
  const { id, host, port, proofs, receivedAtMs, startedMonotonicMs } = connect
  return { id, door: 'connect', method: 'CONNECT', host: `${host}:${port}`, proofs, receivedAtMs, startedMonotonicMs }
}
