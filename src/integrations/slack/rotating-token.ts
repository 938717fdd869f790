import { setTimeout as pause } from 'node:timers/promises'
import { abortable } from '../../lib/abortable.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { type Denial, deny, Fault } from '../../model/denial.ts'
import type { ConnectionId } from '../../model/ids.ts'
import type { Connection, ConnectionKey, Connections, TokenReplacement } from '../../store/ports/connections.ts'
import { Backoff } from './backoff.ts'
import { importedConnection } from './imported-connection.ts'
import type { RefreshOutcome } from './oauth-refresh.ts'
import type { RotationTimes } from './rotation-times.ts'

/** A connection that only a person can renew, told once, at the moment it became so. */
export interface ReauthNotice {
  readonly connection: ConnectionId
  readonly integration: string
  readonly reason: string
}

export interface RotatingTokenOptions {
  readonly connections: Connections
  readonly key: ConnectionKey
  /** The refresh token in the configuration. */
  readonly configured: Secret
  readonly refresh: (refreshToken: Secret, signal: AbortSignal) => Promise<RefreshOutcome>
  readonly onReauthRequired: (notice: ReauthNotice) => void
  readonly clock: Clock
  readonly times: RotationTimes
  /** Waits; injected so that tests own time. */
  readonly wait?: (ms: number) => Promise<void>
}

type PassingFailure = Extract<RefreshOutcome, { readonly kind: 'not_processed' | 'unknown' }>

const REMEDY = 'Install the Slack app again.'
const HOLDER = `pid ${process.pid}`

/**
 * An access token that is renewed by a single-use refresh token, by one process at a time: intent first, then the call, then the successor
 * under a compare-and-set. What a crash leaves unfinished is tried once more with the old refresh token; if Slack has used it up, a person
 * is asked for.
 */
export class RotatingToken {
  readonly #options: RotatingTokenOptions
  readonly #flight = new SingleFlight<Connection | Denial>()
  readonly #backoff: Backoff
  readonly #wait: (ms: number) => Promise<void>
  #id: ConnectionId | undefined
  #latest: Promise<Connection | Denial> | undefined
  /** A successor that Slack gave and the store could not take: the only copy there is. */
  #unsaved: { readonly generation: number; readonly successor: TokenReplacement } | undefined

  constructor(options: RotatingTokenOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.clock, options.times.firstBackoffMs, options.times.longestBackoffMs)
    this.#wait = options.wait ?? ((ms) => pause(ms))
  }

  /**
   * The connection with an access token that can be handed out.
   * @param signal ends this caller's waiting, never a refresh that others wait for too
   * @throws Fault `credential_unavailable`
   */
  current(signal: AbortSignal): Promise<Connection | Denial> {
    const work = this.#flight.run('current', () => this.#current())
    this.#latest = work
    const gone = (): Fault => new Fault('credential_unavailable', 'the caller stopped waiting for a Slack token', { cause: signal.reason })
    return abortable(work, signal, gone)
  }

  /** Resolves once no refresh is under way: before the store may be closed, since a successor that cannot be stored is lost. */
  async idle(): Promise<void> {
    for (let seen: unknown; seen !== this.#latest;) {
      seen = this.#latest
      await this.#latest?.catch(() => undefined)
    }
  }

  async #current(): Promise<Connection | Denial> {
    try {
      return await this.#findOrRefresh()
    } catch (error) {
      if (error instanceof Fault) throw error
      throw new Fault('credential_unavailable', error instanceof Error ? error.message : 'the store failed', { cause: error })
    }
  }

  async #findOrRefresh(): Promise<Connection | Denial> {
    const { clock, connections, times } = this.#options
    await this.#saveUnsaved()
    const giveUpAtMs = clock.monotonicMs() + times.leaseMs + times.refreshTimeoutMs
    for (;;) {
      const stored = await this.#stored()
      const refusal = refusalOf(stored)
      if (refusal !== undefined) return refusal
      if (this.#livesFor(stored, times.refreshAheadMs)) return stored
      if (this.#backoff.active) return this.#oldWhileItLives(stored)
      const startedMs = clock.monotonicMs()
      const begun = await connections.beginRefresh(stored.id, stored.version, HOLDER, times.leaseMs)
      const result = begun === undefined ? undefined : await this.#refresh(begun, startedMs)
      if (result !== undefined) return result
      // Somebody else refreshes, or has: the old token serves meanwhile, else we wait.
      if (begun === undefined && this.#livesFor(stored, times.marginMs)) return stored
      if (clock.monotonicMs() > giveUpAtMs) throw new Fault('credential_unavailable', 'another process has been refreshing for too long')
      await this.#wait(times.pollMs)
    }
  }

  async #stored(): Promise<Connection> {
    const { connections, key, configured } = this.#options
    const stored = this.#id === undefined ? await importedConnection(connections, key, configured) : await connections.get(this.#id)
    if (stored === undefined) throw new Fault('credential_unavailable', 'the Slack connection is gone from the store')
    this.#id = stored.id
    return stored
  }

  /** @returns undefined where the store holds something newer by now: look again */
  async #refresh(begun: Connection, startedMs: number): Promise<Connection | Denial | undefined> {
    const { clock, connections, times, refresh } = this.#options
    const refreshToken = begun.tokens.refreshToken
    if (refreshToken === undefined) return this.#dead(begun, 'no refresh token is stored')
    if (clock.monotonicMs() - startedMs > times.leaseMs - times.refreshTimeoutMs) {
      // The disk took so long that the lease could end while Slack is asked.
      await connections.failRefresh(begun.id, begun.version, { outcome: 'not_processed' })
      return undefined
    }
    const outcome = await refresh(refreshToken, AbortSignal.timeout(times.refreshTimeoutMs))
    switch (outcome.kind) {
      case 'rotated':
        return this.#rotated(begun, outcome.successor)
      case 'dead':
        return this.#dead(begun, outcome.reason)
      case 'not_processed':
      case 'unknown':
        return this.#notNow(begun, outcome)
    }
  }

  async #rotated(begun: Connection, successor: TokenReplacement): Promise<Connection | undefined> {
    this.#backoff.reset()
    this.#unsaved = { generation: begun.generation, successor }
    await this.#saveUnsaved()
    const stored = await this.#options.connections.get(begun.id)
    return stored?.state === 'active' && stored.generation === begun.generation + 1 ? stored : undefined
  }

  /** While the store fails, every call fails here and tries again: no token is handed out whose successor could be lost. */
  async #saveUnsaved(): Promise<void> {
    if (this.#unsaved === undefined || this.#id === undefined) return
    await this.#options.connections.completeRefresh(this.#id, this.#unsaved.generation, this.#unsaved.successor)
    this.#unsaved = undefined
  }

  /** Another process may have rotated in the meantime; then our refresh token was merely old. */
  async #dead(begun: Connection, reason: string): Promise<Denial | undefined> {
    const { connections, onReauthRequired } = this.#options
    const now = await connections.get(begun.id)
    if (now === undefined || now.generation !== begun.generation) return undefined
    const text = begun.intent?.unfinished === true
      ? `Slack refuses the stored refresh token (${reason}): an earlier refresh was cut off before its answer was stored. ${REMEDY}`
      : `Slack refuses the stored refresh token (${reason}). ${REMEDY}`
    const dead = await connections.failRefresh(begun.id, begun.version, { outcome: 'dead', reason: text })
    if (dead === undefined) return undefined
    onReauthRequired({ connection: dead.id, integration: dead.integration, reason: text })
    return refusalOf(dead)
  }

  async #notNow(begun: Connection, { kind: outcome, ...why }: PassingFailure): Promise<Connection> {
    await this.#options.connections.failRefresh(begun.id, begun.version, { outcome })
    this.#backoff.failed(why.reason, 'retryAfterMs' in why ? why.retryAfterMs : undefined)
    return this.#oldWhileItLives(begun)
  }

  #oldWhileItLives(connection: Connection): Connection {
    if (this.#livesFor(connection, this.#options.times.marginMs)) return connection
    throw new Fault('credential_unavailable', `Slack’s token could not be renewed (${this.#backoff.reason}); it is tried again soon`)
  }

  #livesFor({ tokens }: Connection, ms: number): boolean {
    if (tokens.accessToken === undefined) return false
    return tokens.accessExpiresAtMs === undefined || tokens.accessExpiresAtMs - this.#options.clock.nowMs() > ms
  }
}

function refusalOf(connection: Connection): Denial | undefined {
  switch (connection.state) {
    case 'active':
      return undefined
    case 'reauth_required':
      return deny('connection_reauth_required', connection.stateReason ?? 'the connection has to be renewed by a person')
    case 'revoked':
      return deny('connection_required', connection.stateReason ?? 'the connection was revoked')
  }
}
