import type { Socket } from 'node:net'
import type { Timers } from '../../lib/timers.ts'
import { TurnShares } from '../turn-shares.ts'
import { Sweeps } from '../sweeps.ts'
import { busyError, shutdownError, timeoutError, UpstreamError } from '../upstream-error.ts'
import type { UpstreamSettings } from '../upstream-settings.ts'
import type { AnswerHandler, Upstream, UpstreamRequest } from '../upstream.ts'
import { Http1Call } from './http1-call.ts'
import { Http1Connection, type ConnectionOwner } from './http1-connection.ts'

/** An upstream that closes what it said it keeps must not meet a request of ours on the way. */
const KEPT_MARGIN_MS = 1_000
const TOO_LONG = 'the whole call took too long'

/**
 * HTTP/1.1 connections to one origin for one owner: one request at a time on each, the one that was used last first. Answers are read
 * strictly, framing is ours, and no connection is used again on which anything was other than expected.
 * @see docs/adr/0044-an-upstream-client-of-our-own.md
 */
export class Http1Upstream implements Upstream, ConnectionOwner {
  readonly turns: TurnShares
  readonly #dial: () => Promise<Socket>
  readonly #settings: UpstreamSettings
  readonly #sweeps: Sweeps
  readonly #open = new Set<Http1Connection>()
  readonly #idle: Http1Connection[] = []
  readonly #waiting: Http1Call[] = []
  #dialling = 0
  #closing: 'no' | 'closing' | 'destroyed' = 'no'
  #closed: (() => void) | undefined

  /**
   * @param dial opens one guarded connection, with TLS where the origin has it
   * @param turns shared with whatever else the event loop is
   */
  constructor(dial: () => Promise<Socket>, settings: UpstreamSettings, timers: Timers, turns = new TurnShares()) {
    this.turns = turns
    this.#dial = dial
    this.#settings = settings
    this.#sweeps = new Sweeps(settings, timers, () => this.#look())
  }

  get sweep(): number {
    return this.#sweeps.count
  }

  dispatch(request: UpstreamRequest, handler: AnswerHandler): void {
    const call = new Http1Call(request, handler)
    handler.onCall(call)
    if (call.ended) return
    if (this.#closing !== 'no') return call.fail(shutdownError())
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
    for (const call of this.#waiting.splice(0)) call.fail(shutdownError())
    for (const connection of this.#open) connection.fail(shutdownError())
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
    if (this.#closing === 'destroyed') return call.fail(shutdownError())
    // First and beyond the bound: it had its turn, and a new connection, which cannot be stale, is dialled once the old one is gone.
    call.waitingSince = this.sweep
    this.#waiting.unshift(call)
    this.#sweeps.begin()
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
    if (!room && this.#waiting.length >= this.#dialling + maxWaiting) return call.fail(busyError('connections'))
    call.waitingSince = this.sweep
    this.#waiting.push(call)
    if (room) this.#dialOne()
    this.#sweeps.begin()
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
    this.#sweeps.begin()
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

  /** @returns whether there is anything left to look at */
  #look(): boolean {
    for (const connection of this.#open) this.#check(connection)
    for (const call of this.#waiting) {
      if (this.#sweeps.since(call.waitingSince) > this.#settings.maxWaitMs) call.fail(busyError('connections'))
      else if (this.#isOver(call)) call.fail(timeoutError(TOO_LONG))
    }
    if (this.#waiting.some(({ ended }) => ended)) this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(({ ended }) => !ended))
    return this.#open.size > 0 || this.#waiting.length > 0
  }

  #check(connection: Http1Connection): void {
    const { headersTimeoutMs, bodyIdleTimeoutMs, keepAliveMs } = this.#settings
    const silentMs = this.#sweeps.since(connection.activeAt)
    const { call } = connection
    if (call === undefined) {
      const keptForMs = Math.max(0, (connection.keptForMs ?? Infinity) - KEPT_MARGIN_MS)
      if (silentMs >= Math.min(keepAliveMs, keptForMs)) connection.close()
    } else if (this.#isOver(call)) {
      connection.fail(timeoutError(TOO_LONG))
    } else if (connection.awaitsAnswer) {
      if (silentMs > headersTimeoutMs) connection.fail(timeoutError('no answer came in time'))
    } else if (bodyIdleTimeoutMs > 0 && silentMs > bodyIdleTimeoutMs && !call.paused) {
      connection.fail(timeoutError('the answer stopped'))
    }
  }

  #isOver({ since }: Http1Call): boolean {
    const { totalTimeoutMs } = this.#settings
    return totalTimeoutMs > 0 && this.#sweeps.since(since) > totalTimeoutMs
  }

  #settle(): void {
    if (this.#closing === 'no' || this.#open.size > 0 || this.#dialling > 0) return
    if (this.#waiting.length > 0 && this.#closing === 'closing') return
    this.#closed?.()
    this.#closed = undefined
  }
}
