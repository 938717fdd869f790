import type { Socket } from 'node:net'
import type { ProblemAnswer } from '../../http/problem.ts'
import type { Timers } from '../../lib/timers.ts'
import { answerOnSocket } from './refuse.ts'

/** How a client that asks for a tunnel is answered, in the protocol that it asked in. */
export interface TunnelSpeech {
  /** The tunnel stands: whatever follows is its inside. */
  readonly established: string | Buffer
  /** There is none, and the connection ends. */
  refuse(socket: Socket, answer: ProblemAnswer, timers: Timers): void
}

/** Of a CONNECT, and of what is refused within a tunnel that stands. */
export const HTTP_SPEECH: TunnelSpeech = { established: 'HTTP/1.1 200 Connection established\r\n\r\n', refuse: answerOnSocket }
