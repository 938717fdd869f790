import { setTimeout as pause } from 'node:timers/promises'
import { abortable } from '../../lib/abortable.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { type Denial, Fault } from '../../model/denial.ts'
import type { ConnectionId } from '../../model/ids.ts'
import type { Connection, Connections, ConnectionTokens, TokenReplacement } from '../../store/ports/connections.ts'
import { Backoff } from './backoff.ts'
import { connectionRefusal } from './connection-refusal.ts'
import type { RefreshOutcome, Successor } from './refresh-outcome.ts'
import type { RotationTimes } from './rotation-times.ts'

/** A connection that only a person can renew, told once, at the moment it became so. */
export interface ReauthNotice {
  readonly connection: ConnectionId
  readonly integration: string
  readonly reason: string
}

export interface RotatingTokenOptions {
  readonly connections: Connections
  /** The stored connection; asked for once, later calls read it by its id. @throws Fault where there is none */
  readonly load: () => Promise<Connection>
  readonly refresh: (refreshToken: Secret, signal: AbortSignal) => Promise<RefreshOutcome>
  readonly onReauthRequired: (notice: ReauthNotice) => void
  /** Ends tokens that came when their connection had been revoked already: nobody else knows them. */
  readonly discard?: (tokens: ConnectionTokens) => Promise<void>
  /** What the upstream is called in a sentence: `Slack`. */
  readonly upstream: string
  /** What a person has to do, as a sentence: `Install the Slack app again.` */
  readonly remedy: string
  readonly clock: Clock
  readonly times: RotationTimes
  /** Waits; injected so that tests own time. */
  readonly wait?: (ms: number) => Promise<void>
}

type PassingFailure = Extract<RefreshOutcome, { readonly kind: 'not_processed' | 'unknown' }>

const HOLDER = `pid ${process.pid}`

/**
 * The access token of one connection, renewed by its single-use refresh token, by one process at a time: intent first, then the call, then the
 * successor under a compare-and-set. What a crash leaves unfinished is tried once more with the old refresh token; if the upstream has used it
 * up, a person is asked for. A token without end, and without a refresh token, is just given.
 */
export class RotatingToken {
  readonly #options: RotatingTokenOptions
  readonly #flight = new SingleFlight<Connection | Denial>()
  readonly #backoff: Backoff
  readonly #wait: (ms: number) => Promise<void>
  #id: ConnectionId | undefined
  #latest: Promise<Connection | Denial> | undefined
  #underWay = 0
  /** The tokens of this generation are not accepted by the upstream any more, whatever their end says. */
  #rejected = 0
  /** How much of its life the token of this generation had when it was first seen here. */
  #seen = { generation: -1, lifeMs: 0 }
  /** A successor that the upstream gave and the store could not take: the only copy there is. */
  #unsaved: { readonly generation: number; readonly successor: TokenReplacement } | undefined

  constructor(options: RotatingTokenOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.clock, options.times.firstBackoffMs, options.times.longestBackoffMs)
    this.#wait = options.wait ?? ((ms) => pause(ms))
  }

  /** Whether nothing would be lost by forgetting this object. */
  get disposable(): boolean {
    return this.#underWay === 0 && this.#unsaved === undefined && !this.#backoff.active
  }

  /**
   * The connection with an access token that can be handed out.
   * @param signal ends this caller's waiting, never a refresh that others wait for too
   * @throws Fault `credential_unavailable`
   */
  current(signal: AbortSignal): Promise<Connection | Denial> {
    const work = this.#flight.run('current', () => this.#current())
    this.#latest = work
    const gone = (): Fault => new Fault('credential_unavailable', `the caller stopped waiting for a token of ${this.#options.upstream}`, { cause: signal.reason })
    return abortable(work, signal, gone)
  }

  /** The upstream does not accept the tokens of this generation any more: they are renewed although their time is not over. */
  rejected(generation: number): void {
    this.#rejected = Math.max(this.#rejected, generation)
  }

  /** Resolves once no refresh is under way: before the store may be closed, since a successor that cannot be stored is lost. */
  async idle(): Promise<void> {
    for (let seen: unknown; seen !== this.#latest;) {
      seen = this.#latest
      await this.#latest?.catch(() => undefined)
    }
  }

  async #current(): Promise<Connection | Denial> {
    this.#underWay += 1
    try {
      return await this.#findOrRefresh()
    } catch (error) {
      if (error instanceof Fault) throw error
      throw new Fault('credential_unavailable', error instanceof Error ? error.message : 'the store failed', { cause: error })
    } finally {
      this.#underWay -= 1
    }
  }

  async #findOrRefresh(): Promise<Connection | Denial> {
    const { clock, connections, times } = this.#options
    await this.#saveUnsaved()
    const giveUpAtMs = clock.monotonicMs() + times.leaseMs + times.refreshTimeoutMs
    for (;;) {
      const stored = await this.#stored()
      const refusal = connectionRefusal(stored)
      if (refusal !== undefined) return refusal
      if (this.#livesFor(stored, this.#aheadMs(stored))) return stored
      if (this.#backoff.active) return this.#oldWhileItLives(stored)
      const startedMs = clock.monotonicMs()
      const begun = await connections.beginRefresh(stored.id, stored.version, HOLDER, times.leaseMs)
      const result = begun === undefined ? undefined : await this.#refresh(begun, startedMs)
      if (result !== undefined) return result
      // Somebody else refreshes, or has: the old token serves meanwhile, else we wait.
      if (begun === undefined && this.#livesFor(stored, this.#marginMs(stored))) return stored
      if (clock.monotonicMs() > giveUpAtMs) throw new Fault('credential_unavailable', 'another process has been refreshing for too long')
      await this.#wait(times.pollMs)
    }
  }

  async #stored(): Promise<Connection> {
    const { connections, load, upstream } = this.#options
    const stored = this.#id === undefined ? await load() : await connections.get(this.#id)
    if (stored === undefined) throw new Fault('credential_unavailable', `the connection to ${upstream} is gone from the store`)
    this.#id = stored.id
    this.#see(stored)
    return stored
  }

  #see({ generation, tokens }: Connection): void {
    const lifeMs = (tokens.accessExpiresAtMs ?? Infinity) - this.#options.clock.nowMs()
    if (this.#seen.generation !== generation) this.#seen = { generation, lifeMs }
  }

  /** @returns undefined where the store holds something newer by now: look again */
  async #refresh(begun: Connection, startedMs: number): Promise<Connection | Denial | undefined> {
    const { clock, connections, times, refresh } = this.#options
    const refreshToken = begun.tokens.refreshToken
    if (refreshToken === undefined) return this.#dead(begun, `The authorisation at ${this.#options.upstream} has ended, and nothing was given to renew it by.`)
    if (clock.monotonicMs() - startedMs > times.leaseMs - times.refreshTimeoutMs) {
      // The disk took so long that the lease could end while the upstream is asked.
      await connections.failRefresh(begun.id, begun.version, { outcome: 'not_processed' })
      return undefined
    }
    const outcome = await refresh(refreshToken, AbortSignal.timeout(times.refreshTimeoutMs))
    switch (outcome.kind) {
      case 'rotated':
        return this.#rotated(begun, outcome.successor)
      case 'dead':
        return this.#dead(begun, this.#refused(begun, outcome.reason))
      case 'not_processed':
      case 'unknown':
        return this.#notNow(begun, outcome)
    }
  }

  async #rotated(begun: Connection, { tokens, scopes = begun.scopes }: Successor): Promise<Connection | undefined> {
    const successor: TokenReplacement = { tokens, scopes }
    this.#backoff.reset()
    this.#unsaved = { generation: begun.generation, successor }
    await this.#saveUnsaved()
    const stored = await this.#options.connections.get(begun.id)
    if (stored !== undefined) this.#see(stored)
    if (stored?.state === 'revoked') await this.#options.discard?.(successor.tokens)
    return stored?.state === 'active' && stored.generation === begun.generation + 1 ? stored : undefined
  }

  /** While the store fails, every call fails here and tries again: no token is handed out whose successor could be lost. */
  async #saveUnsaved(): Promise<void> {
    if (this.#unsaved === undefined || this.#id === undefined) return
    await this.#options.connections.completeRefresh(this.#id, this.#unsaved.generation, this.#unsaved.successor)
    this.#unsaved = undefined
  }

  /** Another process may have rotated in the meantime; then our refresh token was merely old. */
  async #dead(begun: Connection, why: string): Promise<Denial | undefined> {
    const { connections, onReauthRequired, remedy } = this.#options
    const now = await connections.get(begun.id)
    if (now === undefined || now.generation !== begun.generation) return undefined
    const text = `${why} ${remedy}`
    const dead = await connections.failRefresh(begun.id, begun.version, { outcome: 'dead', reason: text })
    if (dead === undefined) return undefined
    onReauthRequired({ connection: dead.id, integration: dead.integration, reason: text })
    return connectionRefusal(dead)
  }

  #refused(begun: Connection, reason: string): string {
    const refused = `${this.#options.upstream} refuses the stored refresh token (${reason})`
    return begun.intent?.unfinished === true ? `${refused}: an earlier refresh was cut off before its answer was stored.` : `${refused}.`
  }

  async #notNow(begun: Connection, { kind: outcome, ...why }: PassingFailure): Promise<Connection> {
    await this.#options.connections.failRefresh(begun.id, begun.version, { outcome })
    this.#backoff.failed(why.reason, 'retryAfterMs' in why ? why.retryAfterMs : undefined)
    return this.#oldWhileItLives(begun)
  }

  #oldWhileItLives(connection: Connection): Connection {
    if (this.#livesFor(connection, this.#marginMs(connection))) return connection
    throw new Fault('credential_unavailable', `a token of ${this.#options.upstream} could not be renewed (${this.#backoff.reason}); it is tried again soon`)
  }

  /** What cannot be renewed serves until its last moments. */
  #aheadMs(connection: Connection): number {
    return connection.tokens.refreshToken === undefined ? this.#marginMs(connection) : this.#shareOf(connection, this.#options.times.refreshAheadMs)
  }

  #marginMs(connection: Connection): number {
    return this.#shareOf(connection, this.#options.times.marginMs)
  }

  #shareOf({ generation }: Connection, atMostMs: number): number {
    const lifeMs = this.#seen.generation === generation ? this.#seen.lifeMs : Infinity
    return Math.min(atMostMs, Math.max(0, lifeMs * this.#options.times.refreshAheadShare))
  }

  #livesFor({ tokens, generation }: Connection, ms: number): boolean {
    if (tokens.accessToken === undefined || generation <= this.#rejected) return false
    return tokens.accessExpiresAtMs === undefined || tokens.accessExpiresAtMs - this.#options.clock.nowMs() > ms
  }
}
