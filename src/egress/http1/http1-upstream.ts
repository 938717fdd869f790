import type { Socket } from 'node:net'
import type { Timers } from '../../lib/timers.ts'
import { TurnShares } from '../turn-shares.ts'
import { UpstreamError } from '../upstream-error.ts'
import type { AnswerHandler, Upstream, UpstreamRequest } from '../upstream.ts'
import { Http1Call } from './http1-call.ts'
import { Http1Connection, type ConnectionOwner } from './http1-connection.ts'

/** Bounds of the connections to one origin. */
export interface Http1Settings {
  readonly maxConnections: number
  /** Calls that wait for a connection, and for how long; beyond either they are refused. */
  readonly maxWaiting: number
  readonly maxWaitMs: number
  /** How long an idle connection is kept; less where the upstream says so. */
  readonly keepAliveMs: number
  /** From the request's last byte to the answer's head. */
  readonly headersTimeoutMs: number
  /** Between two pieces of an answer's body; 0 for no bound. */
  readonly bodyIdleTimeoutMs: number
  /** From a call's dispatch to its answer's end; 0 for no bound. */
  readonly totalTimeoutMs: number
  readonly maxHeaderBytes: number
}

/** An upstream that closes what it said it keeps must not meet a request of ours on the way. */
const KEPT_MARGIN_MS = 1_000
const LONGEST_SWEEP_MS = 1_000
const TOO_LONG = 'the whole call took too long'
const SHORTEST_SWEEP_MS = 10

/**
 * HTTP/1.1 connections to one origin for one owner: one request at a time on each, the one that was used last first. Answers are read
 * strictly, framing is ours, and no connection is used again on which anything was other than expected.
 * @see docs/adr/0044-an-upstream-client-of-our-own.md
 */
export class Http1Upstream implements Upstream, ConnectionOwner {
  sweep = 0
  readonly turns: TurnShares
  readonly #dial: () => Promise<Socket>
  readonly #settings: Http1Settings
  readonly #timers: Timers
  readonly #sweepMs: number
  readonly #open = new Set<Http1Connection>()
  readonly #idle: Http1Connection[] = []
  readonly #waiting: Http1Call[] = []
  #dialling = 0
  #sweeping = false
  #closing: 'no' | 'closing' | 'destroyed' = 'no'
  #closed: (() => void) | undefined

  /**
   * @param dial opens one guarded connection, with TLS where the origin has it
   * @param turns shared with whatever else the event loop is
   */
  constructor(dial: () => Promise<Socket>, settings: Http1Settings, timers: Timers, turns = new TurnShares()) {
    this.turns = turns
    this.#dial = dial
    this.#settings = settings
    this.#timers = timers
    const shortest = Math.min(settings.headersTimeoutMs, settings.keepAliveMs, settings.bodyIdleTimeoutMs || Infinity, settings.totalTimeoutMs || Infinity)
    this.#sweepMs = Math.max(SHORTEST_SWEEP_MS, Math.min(LONGEST_SWEEP_MS, shortest / 8))
  }

  dispatch(request: UpstreamRequest, handler: AnswerHandler): void {
    const call = new Http1Call(request, handler)
    handler.onCall(call)
    if (call.ended) return
    if (this.#closing !== 'no') return call.fail(shutdown())
    call.since = this.sweep
    this.#place(call)
  }

  close(): Promise<void> {
    if (this.#closing === 'no') this.#closing = 'closing'
    for (const connection of this.#idle.splice(0)) connection.close()
    return new Promise((resolve) => {
      const before = this.#closed
      this.#closed = () => {
        before?.()
        resolve()
      }
      this.#settle()
    })
  }

  async destroy(): Promise<void> {
    this.#closing = 'destroyed'
    for (const call of this.#waiting.splice(0)) call.fail(shutdown())
    for (const connection of this.#open) connection.fail(shutdown())
    this.#settle()
  }

  idle(connection: Http1Connection): void {
    const next = this.#nextWaiting()
    if (next !== undefined) return connection.begin(next)
    if (this.#closing !== 'no') return connection.close()
    this.#idle.push(connection)
  }

  gone(connection: Http1Connection): void {
    this.#open.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#waiting.length > this.#dialling) this.#dialOne()
    this.#settle()
  }

  again(call: Http1Call): void {
    if (this.#closing === 'destroyed') return call.fail(shutdown())
    // First and beyond the bound: it had its turn, and a new connection, which cannot be stale, is dialled once the old one is gone.
    call.waitingSince = this.sweep
    this.#waiting.unshift(call)
    this.#beginSweeping()
  }

  #place(call: Http1Call): void {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.usable) return connection.begin(call)
    }
    this.#wait(call)
  }

  #wait(call: Http1Call): void {
    const { maxConnections, maxWaiting } = this.#settings
    const room = this.#open.size + this.#dialling < maxConnections
    if (!room && this.#waiting.length >= this.#dialling + maxWaiting) return call.fail(busy())
    call.waitingSince = this.sweep
    this.#waiting.push(call)
    if (room) this.#dialOne()
    this.#beginSweeping()
  }

  #nextWaiting(): Http1Call | undefined {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) if (!call.ended) return call
    return undefined
  }

  #dialOne(): void {
    if (this.#closing === 'destroyed' || this.#open.size + this.#dialling >= this.#settings.maxConnections) return
    this.#dialling += 1
    this.#dial().then((socket) => this.#dialled(socket), (error: unknown) => this.#notDialled(error))
  }

  #dialled(socket: Socket): void {
    this.#dialling -= 1
    if (this.#closing === 'destroyed') {
      socket.destroy()
      return this.#settle()
    }
    const connection = new Http1Connection(socket, this, this.#settings.maxHeaderBytes)
    this.#open.add(connection)
    this.#beginSweeping()
    // The caller that it was made for may have got another, or have left.
    this.idle(connection)
  }

  /** Each dial that fails ends one call. Where the bound let more wait than were dialled for, the next is, or nobody ever would. */
  #notDialled(error: unknown): void {
    this.#dialling -= 1
    this.#nextWaiting()?.fail(error instanceof Error ? error : new UpstreamError('connection_broken', 'dialling failed'))
    if (this.#waiting.length > this.#dialling) this.#dialOne()
    this.#settle()
  }

  #beginSweeping(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#timers.after(this.#sweepMs, () => this.#onSweep())
  }

  /** One timer for all bounds on time, in place of several a request. */
  #onSweep(): void {
    this.sweep += 1
    this.#sweeping = false
    for (const connection of this.#open) this.#check(connection)
    for (const call of this.#waiting) {
      if (this.#since(call.waitingSince) > this.#settings.maxWaitMs) call.fail(busy())
      else if (this.#isOver(call)) call.fail(timeout(TOO_LONG))
    }
    if (this.#waiting.some(({ ended }) => ended)) this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(({ ended }) => !ended))
    if (this.#open.size > 0 || this.#waiting.length > 0) this.#beginSweeping()
  }

  #check(connection: Http1Connection): void {
    const { headersTimeoutMs, bodyIdleTimeoutMs, keepAliveMs } = this.#settings
    const silentMs = this.#since(connection.activeAt)
    const { call } = connection
    if (call === undefined) {
      const keptForMs = Math.max(0, (connection.keptForMs ?? Infinity) - KEPT_MARGIN_MS)
      if (silentMs >= Math.min(keepAliveMs, keptForMs)) connection.close()
    } else if (this.#isOver(call)) {
      connection.fail(timeout(TOO_LONG))
    } else if (connection.awaitsAnswer) {
      if (silentMs > headersTimeoutMs) connection.fail(timeout('no answer came in time'))
    } else if (bodyIdleTimeoutMs > 0 && silentMs > bodyIdleTimeoutMs && !call.paused) {
      connection.fail(timeout('the answer stopped'))
    }
  }

  #isOver({ since }: Http1Call): boolean {
    const { totalTimeoutMs } = this.#settings
    return totalTimeoutMs > 0 && this.#since(since) > totalTimeoutMs
  }

  #since(sweep: number): number {
    return (this.sweep - sweep) * this.#sweepMs
  }

  #settle(): void {
    if (this.#closing === 'no' || this.#open.size > 0 || this.#dialling > 0) return
    if (this.#waiting.length > 0 && this.#closing === 'closing') return
    this.#closed?.()
    this.#closed = undefined
  }
}

function shutdown(): UpstreamError {
  return new UpstreamError('shutdown', 'the proxy ends')
}

function busy(): UpstreamError {
  return new UpstreamError('upstream_busy', 'all connections to the upstream are taken')
}

function timeout(message: string): UpstreamError {
  return new UpstreamError('answer_timeout', message)
}
