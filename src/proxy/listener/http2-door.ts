import type { ServerSessionOptions } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Roster } from '../../lib/roster.ts'
import type { Connection } from './connection.ts'
import type { OpenExchange } from './drain.ts'
import type { Http2Client } from './http2-client.ts'
import { http2Options } from './http2-options.ts'
import { Http2Session, type Http2Context, type SessionOwner } from './http2-session.ts'

const SHORTEST_LOOK_MS = 50
const LONGEST_LOOK_MS = 5_000

/** Every HTTP/2 connection of one listener: those of TLS clients, and the insides of tunnels. */
export class Http2Door implements SessionOwner {
  readonly #context: Http2Context
  readonly #options: ServerSessionOptions
  readonly #open: Roster<OpenExchange>
  readonly #sessions = new Set<Http2Session>()
  readonly #lookMs: number
  #looking = false
  #whenGone: (() => void) | undefined

  /** @param open the listener's exchanges under way, ours among them */
  constructor(context: Http2Context, open: Roster<OpenExchange>) {
    this.#context = context
    this.#options = http2Options(context.limits)
    this.#open = open
    const { headerTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs } = context.limits
    this.#lookMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, Math.floor(Math.min(headerTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs) / 4)))
  }

  /** Takes a connection whose client agreed on `h2`. */
  serve(socket: TLSSocket, connection: Connection): void {
    this.#sessions.add(new Http2Session(socket, connection, this.#options, this.#context, this))
    this.#look()
  }

  /** Connections that are open. */
  get size(): number {
    return this.#sessions.size
  }

  opened(client: Http2Client): () => void {
    const place = this.#open.add(client)
    return () => this.#open.delete(place)
  }

  gone(session: Http2Session): void {
    this.#sessions.delete(session)
    if (this.#sessions.size === 0) this.#whenGone?.()
  }

  /** Tells every client to open no further streams; each connection ends with its last one. @param whenGone called once none is left */
  close(whenGone: () => void): void {
    this.#whenGone = whenGone
    for (const session of this.#sessions) session.close()
  }

  /** One timer for all connections and streams on which nothing happens, in place of one each request. */
  #look(): void {
    if (this.#looking) return
    this.#looking = true
    const { clock, timers } = this.#context.deps
    timers.after(this.#lookMs, () => {
      this.#looking = false
      const nowMs = clock.monotonicMs()
      for (const session of this.#sessions) this.#bound(session, nowMs)
      if (this.#sessions.size > 0) this.#look()
    })
  }

  #bound(session: Http2Session, nowMs: number): void {
    session.look(nowMs)
    if (session.idleSinceMs === undefined) return
    const { headerTimeoutMs, keepAliveTimeoutMs } = this.#context.limits
    if (nowMs - session.idleSinceMs < (session.used ? keepAliveTimeoutMs : headerTimeoutMs)) return
    if (session.used) session.close()
    else session.destroy()
  }
}
