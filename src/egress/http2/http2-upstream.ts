import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Timers } from '../../lib/timers.ts'
import type { DialTarget } from '../dial.ts'
import { Sweeps } from '../sweeps.ts'
import type { TurnShares } from '../turn-shares.ts'
import { busyError, shutdownError, timeoutError, UpstreamError } from '../upstream-error.ts'
import type { UpstreamSettings } from '../upstream-settings.ts'
import type { AnswerHandler, Upstream, UpstreamRequest } from '../upstream.ts'
import { Http2Call } from './http2-call.ts'
import { Http2Connection, type Http2ConnectionOwner } from './http2-connection.ts'

/** What becomes of a connection whose upstream did not choose `h2`, and of the calls that wait for it. */
export type Declined = (socket: Socket, waiting: readonly Http2Call[]) => void

const TOO_LONG = 'the whole call took too long'

/**
 * HTTP/2 connections to one origin for one owner. No request is sent before the upstream has said how many it takes; one whose stream it
 * refused is sent once more, where that can do no harm.
 * @see docs/adr/0041-http-2-on-both-sides.md
 */
export class Http2Upstream implements Upstream, Http2ConnectionOwner {
  readonly turns: TurnShares
  readonly #target: DialTarget
  readonly #dial: () => Promise<Socket>
  readonly #settings: UpstreamSettings
  readonly #declined: Declined | undefined
  readonly #sweeps: Sweeps
  readonly #open = new Set<Http2Connection>()
  #waiting: Http2Call[] = []
  #dialling = 0
  #closing: 'no' | 'closing' | 'destroyed' = 'no'
  #closed: (() => void) | undefined

  /**
   * @param dial opens one guarded connection, with TLS where the origin has it
   * @param turns shared with whatever else the event loop is
   * @param declined undefined where the upstream has to speak HTTP/2
   */
  constructor(target: DialTarget, dial: () => Promise<Socket>, settings: UpstreamSettings, timers: Timers, turns: TurnShares, declined: Declined | undefined) {
    this.turns = turns
    this.#target = target
    this.#dial = dial
    this.#settings = settings
    this.#declined = declined
    this.#sweeps = new Sweeps(settings, timers, () => this.#look())
  }

  get sweep(): number {
    return this.#sweeps.count
  }

  dispatch(request: UpstreamRequest, handler: AnswerHandler): void {
    const call = new Http2Call(request, handler)
    handler.onCall(call)
    if (call.ended) return
    if (this.#closing !== 'no') return call.fail(shutdownError())
    call.since = this.sweep
    const connection = this.#withRoom()
    if (connection === undefined) this.#wait(call)
    else connection.begin(call)
  }

  close(): Promise<void> {
    if (this.#closing === 'no') this.#closing = 'closing'
    if (this.#waiting.length === 0) for (const connection of this.#open) connection.close()
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
    for (const call of this.#takeWaiting()) call.fail(shutdownError())
    for (const connection of this.#open) connection.fail(shutdownError())
    this.#settle()
  }

  ready(connection: Http2Connection): void {
    this.#dialling -= 1
    this.free(connection)
    if (this.#waiting.length > 0) this.#dialOne()
  }

  free(connection: Http2Connection): void {
    while (this.#waiting.length > 0 && connection.hasRoom) {
      const call = this.#waiting.shift()
      if (call?.ended === false) connection.begin(call)
    }
    if (this.#closing === 'closing' && this.#waiting.length === 0) for (const one of this.#open) one.close()
  }

  gone(connection: Http2Connection): void {
    this.#open.delete(connection)
    for (const call of connection.calls) call.fail(new UpstreamError('connection_broken', 'the upstream closed the connection before the answer was whole'))
    if (!connection.isReady) return this.#notDialled(new UpstreamError('connection_broken', 'the upstream closed the connection before it had begun'))
    if (this.#waiting.length > 0) this.#dialOne()
    this.#settle()
  }

  again(call: Http2Call): void {
    if (this.#closing !== 'no') return call.fail(shutdownError())
    // On the connection that refused it, or on another: whichever takes it next.
    this.#wait(call)
  }

  #withRoom(): Http2Connection | undefined {
    for (const connection of this.#open) if (connection.hasRoom) return connection
    return undefined
  }

  #wait(call: Http2Call): void {
    if (this.#waiting.length >= this.#settings.maxWaiting) return call.fail(busyError('streams'))
    call.activeAt = this.sweep
    this.#waiting.push(call)
    // One at a time: the next will have room for many.
    if (this.#dialling === 0) this.#dialOne()
    this.#sweeps.begin()
  }

  #dialOne(): void {
    if (this.#closing === 'destroyed' || this.#open.size + this.#dialling >= this.#settings.maxConnections) return
    this.#dialling += 1
    this.#dial().then((socket) => this.#dialled(socket), (error: unknown) => this.#notDialled(error))
  }

  #dialled(socket: Socket): void {
    if (this.#closing === 'destroyed') {
      this.#dialling -= 1
      socket.destroy()
      return
    }
    if (this.#target.tls && !(socket instanceof TLSSocket && socket.alpnProtocol === 'h2')) return this.#notAgreed(socket)
    try {
      this.#open.add(new Http2Connection(socket, this.#target, this.#settings.maxHeaderBytes, this))
    } catch (error) {
      socket.destroy()
      return this.#notDialled(error)
    }
    this.#sweeps.begin()
  }

  #notAgreed(socket: Socket): void {
    if (this.#declined === undefined) {
      socket.destroy()
      return this.#notDialled(new UpstreamError('connection_broken', 'the upstream does not speak HTTP/2'))
    }
    this.#dialling -= 1
    this.#declined(socket, this.#takeWaiting())
  }

  /** Every call that waits for it: the next dial would come out the same. */
  #notDialled(error: unknown): void {
    this.#dialling -= 1
    const reason = error instanceof Error ? error : new UpstreamError('connection_broken', 'dialling failed')
    if (this.#withRoom() === undefined) for (const call of this.#takeWaiting()) call.fail(reason)
    this.#settle()
  }

  #takeWaiting(): readonly Http2Call[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.filter(({ ended }) => !ended)
  }

  /** @returns whether there is anything left to look at */
  #look(): boolean {
    for (const connection of this.#open) this.#check(connection)
    for (const call of this.#waiting) {
      if (this.#sweeps.since(call.activeAt) > this.#settings.maxWaitMs) call.fail(busyError('streams'))
      else if (this.#isOver(call)) call.fail(timeoutError(TOO_LONG))
    }
    if (this.#waiting.some(({ ended }) => ended)) this.#waiting = [...this.#takeWaiting()]
    return this.#open.size > 0 || this.#waiting.length > 0
  }

  #check(connection: Http2Connection): void {
    const { keepAliveMs, maxWaitMs } = this.#settings
    const idleMs = this.#sweeps.since(connection.idleAt)
    if (!connection.isReady) {
      if (idleMs > maxWaitMs) connection.fail(timeoutError('the upstream did not begin to speak HTTP/2 in time'))
    } else if (connection.calls.size === 0) {
      if (idleMs >= keepAliveMs) connection.close()
    } else {
      for (const call of connection.calls) this.#bound(call)
    }
  }

  #bound(call: Http2Call): void {
    const { headersTimeoutMs, bodyIdleTimeoutMs } = this.#settings
    const silentMs = this.#sweeps.since(call.activeAt)
    if (this.#isOver(call)) {
      call.fail(timeoutError(TOO_LONG))
    } else if (call.bodySent && !call.headRead) {
      if (silentMs > headersTimeoutMs) call.fail(timeoutError('no answer came in time'))
    } else if (bodyIdleTimeoutMs > 0 && silentMs > bodyIdleTimeoutMs && !call.paused) {
      call.fail(timeoutError('nothing came and nothing went'))
    }
  }

  #isOver({ since }: Http2Call): boolean {
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
