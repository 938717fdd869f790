import type { Socket } from 'node:net'
import type { DialTarget } from '../../egress/dial.ts'
import type { AnswerHandler, UpstreamRequest } from '../../egress/upstream.ts'
import type { Clock } from '../../lib/clock.ts'
import { Roster } from '../../lib/roster.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Announced, Forwarding } from '../exchange.ts'
import type { LiveExchanges } from '../live-exchanges.ts'
import type { WebSocketDispatcher, WebSocketOutcome } from '../web-socket-dispatcher.ts'
import type { PayloadScrubber } from './passed-frames.ts'
import { HandshakeCall, type HandshakeLimits, type OpenedWebSocket } from './handshake-call.ts'
import { webSocketLife } from './web-socket-life.ts'
import { WebSocketRelay, type WebSocketEnd } from './web-socket-relay.ts'

/** Bounds of every WebSocket. */
export interface WebSocketLimits {
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number
  /** From its opening; 0 for no bound but the rule's and the delegation's. */
  readonly totalTimeoutMs: number
}

/** Also of the head that stands before the messages. */
export interface MessageScrubber extends PayloadScrubber {
  /** How often the secret was found. */
  readonly hits: number
  /** @param fields name, value, name, value … */
  fields(fields: readonly string[]): readonly string[]
}

/** What WebSockets need of the proxy around them. */
export interface WebSocketDependencies {
  readonly live: LiveExchanges
  readonly clock: Clock
  readonly timers: Timers
  readonly limits: WebSocketLimits
  /** Until one of this integration's is open. */
  handshakeLimits(integration: string): HandshakeLimits
  /** Opens a connection to one of this integration's origins, through the egress guard. */
  dial(integration: string, target: DialTarget): Promise<Socket>
  /** The 101's fields that the agent may see. */
  endToEnd(fields: readonly string[]): readonly string[]
  /** Takes this exchange's secret off what the upstream says; undefined where there is none. */
  scrubber(exchange: Announced): MessageScrubber | undefined
}

const SWITCHING_PROTOCOLS = 101
/** Of a handshake's fields in the upstream's answer: the agent gets our own. */
const HANDSHAKE_FIELD = 'sec-websocket-'

/** Every WebSocket there is: asked for, joined, and ended with what allowed it. */
export class WebSockets implements WebSocketDispatcher {
  readonly #deps: WebSocketDependencies
  readonly #open = new Roster<WebSocketRelay>()
  #draining = false

  constructor(deps: WebSocketDependencies) {
    this.#deps = deps
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  dispatch(exchange: Announced, request: UpstreamRequest, handler: AnswerHandler, outcome: WebSocketOutcome): void {
    const { timers } = this.#deps
    const { integration, request: { host, port, scheme, upgrade } } = exchange.route
    const call = new HandshakeCall({
      request, handler, timers,
      limits: this.#deps.handshakeLimits(integration.name),
      protocols: upgrade?.protocols ?? [],
      opened: (opened) => {
        try {
          this.#join(exchange, opened, outcome)
        } catch {
          // The exchange has to end, whatever it was.
          opened.socket.destroy()
          exchange.client.cut()
          outcome.ended({ status: 0, bytesIn: 0, bytesOut: 0, outcome: 'failed', reason: 'a defect of Postern joined the two ends' })
        }
      },
    })
    call.start(() => this.#deps.dial(integration.name, { host, port, tls: scheme === 'https' }))
  }

  /** No more are opened, and those that are end: each at the next end of a frame. */
  drain(): void {
    this.#draining = true
    for (const relay of this.#open) relay.leave(SHUTTING_DOWN)
  }

  /** After the drain: what an upstream still holds ends here, so that its record is made while there is a log. */
  close(): void {
    for (const relay of this.#open) relay.destroy()
  }

  #join(exchange: Announced, { socket, head, fields, protocol }: OpenedWebSocket, outcome: WebSocketOutcome): void {
    const { live, timers, limits } = this.#deps
    outcome.opened()
    const [scrubber, controls] = [this.#deps.scrubber(exchange), this.#deps.scrubber(exchange)]
    const shown = withoutHandshake(this.#deps.endToEnd(fields))
    const client = exchange.client.upgrade?.accept(scrubber?.fields(shown) ?? shown, protocol)
    if (client === undefined) {
      socket.destroy()
      return outcome.ended({ status: 0, bytesIn: 0, bytesOut: 0, outcome: 'aborted', reason: undefined })
    }
    const relay = new WebSocketRelay(client, socket, {
      timers,
      idleTimeoutMs: limits.idleTimeoutMs,
      scrubbers: scrubber === undefined || controls === undefined ? undefined : { messages: scrubber, controls },
      done: (end) => {
        unregister()
        this.#open.delete(place)
        cancel()
        outcome.ended(forwardingOf(end, (scrubber?.hits ?? 0) + (controls?.hits ?? 0)))
      },
    })
    const unregister = live.add({ principal: exchange.principal, integration: exchange.route.integration.name, cut: () => relay.cut() })
    const place = this.#open.add(relay)
    const life = webSocketLife(exchange, this.#deps.limits.totalTimeoutMs, this.#deps.clock.nowMs())
    const cancel = life === undefined ? () => undefined : timers.after(life.ms, () => relay.leave(life.reason))
    relay.start(head)
    if (this.#draining) relay.leave(SHUTTING_DOWN)
  }
}

const SHUTTING_DOWN = 'the proxy shut down'

function forwardingOf({ bytesIn, bytesOut, outcome, closeCode, reason }: WebSocketEnd, hits: number): Forwarding {
  return { status: SWITCHING_PROTOCOLS, bytesIn, bytesOut, outcome, closeCode, scrubbed: hits === 0 ? undefined : hits, reason }
}

function withoutHandshake(fields: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string
    if (!name.toLowerCase().startsWith(HANDSHAKE_FIELD)) kept.push(name, fields[at + 1] as string)
  }
  return kept
}
