import type { AnswerHandler, UpstreamRequest } from '../egress/upstream.ts'
import type { Announced, Forwarding } from './exchange.ts'

/** Carries exchanges that ask for a WebSocket, each on an upstream connection of its own. */
export interface WebSocketDispatcher {
  /**
   * @param request with the credential, and without any field of the handshake
   * @param handler told of every answer of the upstream's but a good 101, and of what fails before one
   */
  dispatch(exchange: Announced, request: UpstreamRequest, handler: AnswerHandler, outcome: WebSocketOutcome): void
}

/** What becomes of an exchange whose upstream agreed. */
export interface WebSocketOutcome {
  /** From here on nothing is told to the answer's handler. Called in the turn in which the two ends are joined. */
  opened(): void
  ended(forwarding: Forwarding): void
}
