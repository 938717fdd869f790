import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { Connection } from './connection.ts'
import type { OpenExchange } from './drain.ts'
import type { ListenerDependencies } from './listener-options.ts'
import { readRequest, type ReadContext } from './read-request.ts'
import { answerOnSocket, refuse, type RefusedFacts } from './refuse.ts'
import { UpgradeClient } from './upgrade-client.ts'

/** What an upgrade needs of the listener around it. */
export interface UpgradeContext {
  readonly deps: ListenerDependencies
  readonly draining: () => boolean
  readContext(connection: Connection): ReadContext
  /** Until its end the listener waits for it, where it drains. */
  hold(exchange: OpenExchange): void
}

/**
 * Whether a request that asks for an upgrade may take its connection out of HTTP. Every other is a request like any, and `h2c` is passed
 * over there, as RFC 9110 section 7.8 has it; its connection then ends with its answer.
 */
export function takesConnection(incoming: IncomingMessage, connection: Pick<Connection, 'passedOver'>): boolean {
  const takes = incoming.headers.upgrade?.toLowerCase() === 'websocket'
  if (!takes) connection.passedOver ??= incoming
  return takes
}

/**
 * Takes a request for a WebSocket: from here on the HTTP parser has left the connection, and no second request of it is ever read. It goes
 * through every stage as any request does.
 */
export function onUpgrade(context: UpgradeContext, connection: Connection, incoming: IncomingMessage, socket: Socket, head: Buffer): void {
  // Node listens no more: an error without a listener would end the process.
  socket.on('error', () => undefined)
  const { deps } = context
  if (connection.closing) {
    // What is under way there is written still; unread, the client's leaving would go unnoticed.
    socket.resume()
    return
  }
  connection.closing = true
  const read = misplaced(context, connection, head) ?? readRequest(rawOf(incoming), context.readContext(connection))
  if (isDenial(read)) {
    const answer = refuse(deps, read, factsOf(connection, incoming))
    if (connection.open.size === 0) return answerOnSocket(socket, answer, deps.timers)
    socket.resume()
    connection.whenIdle = () => answerOnSocket(socket, answer, deps.timers)
    return
  }
  const { request, door, prefix, proofs } = read
  const client = new UpgradeClient(socket, request.upgrade?.key ?? '', deps.timers)
  context.hold(client)
  try {
    deps.sink.exchange({ id: newId('dec'), receivedAtMs: deps.clock.nowMs(), startedMonotonicMs: deps.clock.monotonicMs(), door, request, prefix, proofs, client, place: connection.place })
  } catch (error) {
    deps.sink.broken(error)
    socket.destroy()
  }
}

/** Answers come in the order of requests, and a client speaks in frames only once it was answered. */
function misplaced(context: UpgradeContext, connection: Connection, head: Buffer): Denial | undefined {
  if (context.draining()) return deny('draining', 'the listener is closing')
  if (connection.open.size > 0) return deny('request_ambiguous', 'an upgrade behind a request that is not answered yet')
  return head.length > 0 ? deny('request_ambiguous', 'bytes behind an upgrade that is not answered yet') : undefined
}

function rawOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Parameters<typeof readRequest>[0] {
  return { method, url, httpVersion, rawHeaders, upgrading: true }
}

function factsOf({ tunnel }: Connection, { method, url = '', headers }: IncomingMessage): RefusedFacts {
  const door = tunnel !== undefined ? 'connect' : url.startsWith('/') ? 'reverse' : 'absolute'
  return { door, method, host: tunnel?.host ?? headers.host, target: url, proofs: tunnel?.proofs }
}
