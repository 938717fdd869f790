import type { Socket } from 'node:net'
import type { ProblemAnswer } from '../../http/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import { lingerThenDestroy } from './refuse.ts'
import { SOCKS_VERSION } from './socks-reader.ts'
import type { TunnelSpeech } from './tunnel-speech.ts'

/** RFC 1928 section 6. */
export const SOCKS_REPLIES = {
  succeeded: 0x00, failure: 0x01, notAllowed: 0x02, hostUnreachable: 0x04, commandNotSupported: 0x07, addressNotSupported: 0x08,
} as const

export type SocksReply = (typeof SOCKS_REPLIES)[keyof typeof SOCKS_REPLIES]

/** Of a tunnel asked for by SOCKS5: of a refusal, its kind is all that there is a word for. */
export const SOCKS_SPEECH: TunnelSpeech = {
  established: socksReply(SOCKS_REPLIES.succeeded),
  refuse: (socket, answer, timers) => refuseSocks(socket, socksReply(replyTo(answer)), timers),
}

/** The reply's address says nothing: where we dial from is nobody's matter. */
export function socksReply(reply: SocksReply): Buffer {
  return Buffer.from([SOCKS_VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0])
}

/** Writes the last bytes of a connection, and ends it. */
export function refuseSocks(socket: Socket, last: Buffer, timers: Timers): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy()
  socket.end(last)
  lingerThenDestroy(socket, timers)
}

function replyTo({ status }: ProblemAnswer): SocksReply {
  if (status === 502 || status === 504) return SOCKS_REPLIES.hostUnreachable
  return status >= 500 || status === 400 ? SOCKS_REPLIES.failure : SOCKS_REPLIES.notAllowed
}
