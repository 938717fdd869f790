import type { Clock } from '../../src/lib/clock.ts'
import { newId, type ConnectionId } from '../../src/model/ids.ts'
import type {
  Connection, ConnectionKey, ConnectionOwner, Connections, NewConnection, RefreshFailure, TokenReplacement,
} from '../../src/store/ports/connections.ts'

const NO_TOKENS = { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: undefined }

/** The port's rules in memory: each change is one turn, so that several desks on it are several processes on one store. */
export class MemoryConnections implements Connections {
  readonly rows = new Map<ConnectionId, Connection>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(id: ConnectionId): Promise<Connection | undefined> {
    return this.rows.get(id)
  }

  async find(key: ConnectionKey): Promise<Connection | undefined> {
    return [...this.rows.values()].find((one) => one.integration === key.integration && one.owner === key.owner && one.label === key.label)
  }

  async list(owner?: ConnectionOwner): Promise<readonly Connection[]> {
    return [...this.rows.values()].filter((one) => owner === undefined || one.owner === owner)
  }

  async create(wanted: NewConnection): Promise<Connection> {
    const there = await this.find(wanted)
    if (there !== undefined) return there
    const nowMs = this.#clock.nowMs()
    const { integration, owner, label, account, scopes, tokens, imported } = wanted
    return this.#put({
      id: newId('con'), integration, owner, label, account, scopes, tokens, imported, state: 'active', stateReason: undefined, intent: undefined,
      version: 0, generation: 1, createdAtMs: nowMs, updatedAtMs: nowMs,
    })
  }

  async beginRefresh(id: ConnectionId, version: number, holder: string, leaseMs: number): Promise<Connection | undefined> {
    const nowMs = this.#clock.nowMs()
    const row = this.rows.get(id)
    if (row === undefined || row.version !== version || row.state !== 'active') return undefined
    if (row.intent !== undefined && row.intent.leaseUntilMs > nowMs) return undefined
    return this.#put({ ...row, intent: { holder, startedAtMs: nowMs, leaseUntilMs: nowMs + leaseMs, unfinished: row.intent !== undefined } })
  }

  async completeRefresh(id: ConnectionId, generation: number, successor: TokenReplacement): Promise<Connection | undefined> {
    const row = this.rows.get(id)
    if (row === undefined || row.generation !== generation || row.state === 'revoked') return undefined
    return this.#put({ ...row, ...successor, state: 'active', stateReason: undefined, intent: undefined, generation: generation + 1 })
  }

  async failRefresh(id: ConnectionId, version: number, failure: RefreshFailure): Promise<Connection | undefined> {
    const row = this.rows.get(id)
    if (row === undefined || row.version !== version) return undefined
    if (failure.outcome === 'dead') return this.#put({ ...row, state: 'reauth_required', stateReason: failure.reason, intent: undefined })
    const stays = row.intent !== undefined && (failure.outcome === 'unknown' || row.intent.unfinished)
    return this.#put({ ...row, intent: stays && row.intent !== undefined ? { ...row.intent, unfinished: true, leaseUntilMs: this.#clock.nowMs() } : undefined })
  }

  async replaceTokens(id: ConnectionId, version: number, tokens: TokenReplacement, imported: string | undefined): Promise<Connection | undefined> {
    const row = this.rows.get(id)
    if (row === undefined || row.version !== version) return undefined
    const fingerprints = imported === undefined ? row.imported : [...row.imported, imported]
    return this.#put({ ...row, ...tokens, imported: fingerprints, state: 'active', stateReason: undefined, intent: undefined, generation: row.generation + 1 })
  }

  async revoke(id: ConnectionId, reason: string): Promise<Connection | undefined> {
    const row = this.rows.get(id)
    if (row === undefined || row.state === 'revoked') return row
    return this.#put({ ...row, tokens: NO_TOKENS, state: 'revoked', stateReason: reason, intent: undefined, generation: row.generation + 1 })
  }

  #put(row: Connection): Connection {
    const next = { ...row, version: row.version + 1, updatedAtMs: this.#clock.nowMs() }
    this.rows.set(next.id, next)
    return next
  }
}
