import type { Socket } from 'node:net'
import type { Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { Connection } from './connection.ts'
import type { ListenerDependencies } from './listener-options.ts'
import { denialOfParserError, type ClientError } from './parser-error.ts'
import { answerOf, answerOnSocket, lingerThenDestroy, rawAnswer, refuse } from './refuse.ts'

/**
 * What came on a connection of HTTP/1 cannot be read, or has not come in time: it is answered where there is somebody to answer, and the
 * connection ends.
 */
export function onUnreadable(deps: ListenerDependencies, connection: Connection | undefined, error: ClientError, socket: Socket): void {
  const denial = denialOfParserError(error)
  if (connection === undefined || denial === undefined) {
    socket.destroy()
    return
  }
  if (connection.failed) return
  connection.failed = true
  if (connection.closing) {
    // Refused already, and the answer is on its way.
    lingerThenDestroy(socket, deps.timers)
    return
  }
  connection.closing = true
  if (connection.latest !== undefined && !connection.latest.complete) breakOff(connection, socket, denial)
  else refuseUnread(deps, connection, socket, denial)
}

/** The body of an accepted request is not what its framing said: that exchange ends here, and is told by whoever forwards it. */
function breakOff(connection: Connection, socket: Socket, denial: Denial): void {
  const [only] = connection.open
  if (connection.open.size !== 1 || only === undefined || only.begun) {
    socket.destroy()
    return
  }
  const answer = answerOf(denial.denial, denial, newId('dec'))
  socket.end(rawAnswer(answer), () => connection.latest?.destroy())
}

/** There is no request yet: answers that are under way come first. */
function refuseUnread(deps: ListenerDependencies, connection: Connection, socket: Socket, denial: Denial): void {
  if (denial.denial === 'request_timeout' && socket.bytesRead === 0) {
    socket.destroy()
    return
  }
  const { tunnel } = connection
  const answer = refuse(deps, denial, { door: tunnel === undefined ? undefined : 'connect', host: tunnel?.host, proofs: tunnel?.proofs })
  const send = (): void => answerOnSocket(socket, answer, deps.timers)
  if (connection.open.size === 0) send()
  else connection.whenIdle = send
}
