import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { type ConnectionId, newId } from '../../model/ids.ts'
import type { Sealer } from '../envelope.ts'
import type {
  Connection, ConnectionKey, ConnectionOwner, Connections, NewConnection, RefreshFailure, RefreshIntent, TokenReplacement,
} from '../ports/connections.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { ConnectionRow, TokenColumns } from './connection-statements.ts'
import type { WorkerClient } from './worker-client.ts'

type TokenColumn = 'access_token' | 'refresh_token'

/** Connections in SQLite: sealed on this side, so that the thread and the file see ciphertext only. */
export class SqliteConnections implements Connections {
  readonly #client: WorkerClient
  readonly #sealer: Sealer
  readonly #feed: ChangeFeed
  readonly #clock: Clock

  constructor(client: WorkerClient, sealer: Sealer, feed: ChangeFeed, clock: Clock) {
    this.#client = client
    this.#sealer = sealer
    this.#feed = feed
    this.#clock = clock
  }

  async get(id: ConnectionId): Promise<Connection | undefined> {
    return this.#open(await this.#client.call('connections.get', id))
  }

  async find({ integration, owner, label }: ConnectionKey): Promise<Connection | undefined> {
    return this.#open(await this.#client.call('connections.find', { integration, owner, label }))
  }

  async list(owner?: ConnectionOwner): Promise<readonly Connection[]> {
    const rows = await this.#client.call('connections.list', owner ?? null)
    return rows.map((row) => this.#opened(row))
  }

  async create(connection: NewConnection): Promise<Connection> {
    const { integration, owner, label } = connection
    const id = newId('con')
    const imported = JSON.stringify(connection.imported)
    const row = { id, integration, owner, label, imported, ...this.#seal(id, connection), now: this.#clock.nowMs() }
    const made = await this.#client.call('connections.create', row, this.#tell)
    const created = this.#open(made) ?? (await this.find(connection))
    if (created === undefined) throw new TypeError('a connection is never deleted, so that one with this key exists')
    return created
  }

  async beginRefresh(id: ConnectionId, version: number, holder: string, leaseMs: number): Promise<Connection | undefined> {
    const now = this.#clock.nowMs()
    return this.#open(await this.#client.call('connections.begin_refresh', { id, version, holder, now, until: now + leaseMs }, this.#tell))
  }

  async completeRefresh(id: ConnectionId, generation: number, successor: TokenReplacement): Promise<Connection | undefined> {
    const done = { id, generation, ...this.#seal(id, successor), now: this.#clock.nowMs() }
    return this.#open(await this.#client.call('connections.complete_refresh', done, this.#tell))
  }

  async failRefresh(id: ConnectionId, version: number, failure: RefreshFailure): Promise<Connection | undefined> {
    const now = this.#clock.nowMs()
    if (failure.outcome === 'dead') {
      return this.#open(await this.#client.call('connections.require_reauth', { id, version, now, reason: failure.reason }, this.#tell))
    }
    const unfinished = failure.outcome === 'unknown' ? 1 : 0
    return this.#open(await this.#client.call('connections.release_refresh', { id, version, now, unfinished }, this.#tell))
  }

  async replaceTokens(id: ConnectionId, version: number, tokens: TokenReplacement, imported: string | undefined): Promise<Connection | undefined> {
    const change = { id, version, ...this.#seal(id, tokens), now: this.#clock.nowMs(), fingerprint: imported ?? null }
    return this.#open(await this.#client.call('connections.replace_tokens', change, this.#tell))
  }

  async revoke(id: ConnectionId, reason: string): Promise<Connection | undefined> {
    const revoked = await this.#client.call('connections.revoke', { id, now: this.#clock.nowMs(), reason }, (end) => {
      if (end?.changed) this.#tell(end.row)
    })
    return this.#open(revoked?.row)
  }

  /** A row that a change gives is one that it changed. */
  readonly #tell = (row: ConnectionRow | undefined): void => {
    if (row !== undefined) this.#feed.tell({ kind: 'connection', id: row.id as ConnectionId })
  }

  #seal(id: string, { scopes, tokens, account }: TokenReplacement): TokenColumns {
    return {
      account_id: account?.id ?? null,
      account_name: account?.name ?? null,
      scopes: JSON.stringify(scopes),
      access_token: this.#sealed(id, 'access_token', tokens.accessToken),
      access_expires_at: tokens.accessExpiresAtMs === undefined ? null : Math.floor(tokens.accessExpiresAtMs),
      refresh_token: this.#sealed(id, 'refresh_token', tokens.refreshToken),
    }
  }

  #sealed(row: string, column: TokenColumn, secret: Secret | undefined): Uint8Array | null {
    return secret === undefined ? null : this.#sealer.seal(secret, { table: 'connections', row, column })
  }

  #unsealed(row: ConnectionRow, column: TokenColumn): Secret | undefined {
    const sealed = row[column]
    return sealed === null ? undefined : this.#sealer.open(sealed, { table: 'connections', row: row.id, column })
  }

  #open(row: ConnectionRow | undefined): Connection | undefined {
    return row === undefined ? undefined : this.#opened(row)
  }

  #opened(row: ConnectionRow): Connection {
    return {
      id: row.id as ConnectionId,
      integration: row.integration,
      owner: row.owner as ConnectionOwner,
      label: row.label,
      account: row.account_id === null ? undefined : { id: row.account_id, name: row.account_name ?? row.account_id },
      scopes: JSON.parse(row.scopes) as string[],
      tokens: {
        accessToken: this.#unsealed(row, 'access_token'),
        accessExpiresAtMs: row.access_expires_at ?? undefined,
        refreshToken: this.#unsealed(row, 'refresh_token'),
      },
      imported: JSON.parse(row.imported) as string[],
      state: row.state,
      stateReason: row.state_reason ?? undefined,
      intent: intentOf(row),
      version: row.version,
      generation: row.generation,
      createdAtMs: row.created_at,
      updatedAtMs: row.updated_at,
    }
  }
}

function intentOf(row: ConnectionRow): RefreshIntent | undefined {
  if (row.intent_holder === null) return undefined
  return {
    holder: row.intent_holder,
    startedAtMs: row.intent_started_at ?? 0,
    leaseUntilMs: row.intent_lease_until ?? 0,
    unfinished: row.intent_unfinished === 1,
  }
}
