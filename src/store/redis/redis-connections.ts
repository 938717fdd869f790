import { createHash } from 'node:crypto'
import { type ConnectionId, newId } from '../../model/ids.ts'
import type {
  Connection, ConnectionKey, ConnectionOwner, Connections, ConnectionTokens, NewConnection, RefreshFailure, RefreshIntent, TokenReplacement,
} from '../ports/connections.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import { type Cells, OVERTAKEN, Records, type Stored, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

/** A connection as it stands in the clear. */
type Document = Omit<Connection, 'tokens'> & Pick<ConnectionTokens, 'accessExpiresAtMs'>

interface Next {
  readonly document: Document
  /** Undefined where the tokens stay. */
  readonly cells?: Cells
}

/** An attempt from so far in the future was begun by a clock that has been set back since: its lease would hold for as long. */
const CLOCK_SET_BACK_MS = 60_000
/** What a fingerprint list keeps: configurations are not changed often. */
const MAX_IMPORTED = 32
const NO_TOKENS: ConnectionTokens = { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: undefined }

/** Connections in Redis: the tokens sealed on this side, each change on the condition that nothing changed in between. */
export class RedisConnections implements Connections {
  readonly #access: StoreAccess
  readonly #connections: Records<Document>

  constructor(access: StoreAccess) {
    this.#access = access
    this.#connections = new Records(access, 'connection')
  }

  async get(id: ConnectionId): Promise<Connection | undefined> {
    return this.#opened(await this.#connections.get(id))
  }

  async find(key: ConnectionKey): Promise<Connection | undefined> {
    const id = await this.#access.link.read('get', this.#uniqueKey(key))
    return typeof id === 'string' ? this.get(id as ConnectionId) : undefined
  }

  async list(owner?: ConnectionOwner): Promise<readonly Connection[]> {
    const ids = await this.#access.link.read('zrange', owner === undefined ? this.#index() : this.#index('of', owner), 0, -1) as string[]
    return (await this.#connections.getAll(ids)).flatMap((found) => this.#opened(found) ?? [])
  }

  async create(connection: NewConnection): Promise<Connection> {
    const { integration, owner, label, account, scopes, tokens, imported } = connection
    const id = newId('con')
    const now = this.#access.clock.nowMs()
    const document: Document = {
      id, integration, owner, label, account, scopes, accessExpiresAtMs: floored(tokens), imported, state: 'active', stateReason: undefined,
      intent: undefined, version: 1, generation: 1, createdAtMs: now, updatedAtMs: now,
    }
    const commit = new Commit().requireValue(this.#uniqueKey(connection), undefined)
    this.#connections.put(commit, id, undefined, document, cellsOf(tokens))
    commit.add('SET', this.#uniqueKey(connection), id).add('ZADDNEXT', this.#index(), id).add('ZADDNEXT', this.#index('of', owner), id)
    if (await this.#commit(commit, id)) return assembled(document, tokens)
    const existing = await this.find(connection)
    if (existing === undefined) throw new StoreError('store_failed', 'A connection is never deleted, yet one that was there is gone: report it.')
    return existing
  }

  beginRefresh(id: ConnectionId, version: number, holder: string, leaseMs: number): Promise<Connection | undefined> {
    return this.#change(id, (before, now) => {
      if (before.version !== version || before.state !== 'active' || leased(before.intent, now)) return undefined
      const intent: RefreshIntent = { holder, startedAtMs: now, leaseUntilMs: now + leaseMs, unfinished: before.intent !== undefined }
      return { document: { ...before, intent } }
    })
  }

  completeRefresh(id: ConnectionId, generation: number, successor: TokenReplacement): Promise<Connection | undefined> {
    return this.#change(id, (before) =>
      (before.generation !== generation || before.state === 'revoked' ? undefined : { ...renewed(before, successor) }))
  }

  failRefresh(id: ConnectionId, version: number, failure: RefreshFailure): Promise<Connection | undefined> {
    return this.#change(id, (before, now) => {
      if (before.version !== version) return undefined
      if (failure.outcome === 'dead') {
        return { document: { ...before, state: 'reauth_required', stateReason: failure.reason, intent: undefined } }
      }
      if (before.intent === undefined) return undefined
      const unfinished = failure.outcome === 'unknown' || before.intent.unfinished
      return { document: { ...before, intent: unfinished ? { ...before.intent, unfinished, leaseUntilMs: now } : undefined } }
    })
  }

  replaceTokens(id: ConnectionId, version: number, tokens: TokenReplacement, imported: string | undefined): Promise<Connection | undefined> {
    return this.#change(id, (before) => {
      if (before.version !== version) return undefined
      const next = renewed(before, tokens)
      if (imported === undefined) return next
      return { ...next, document: { ...next.document, imported: [...before.imported.slice(1 - MAX_IMPORTED), imported] } }
    })
  }

  async revoke(id: ConnectionId, reason: string): Promise<Connection | undefined> {
    const revoked = await this.#change(id, (before) => {
      if (before.state === 'revoked') return undefined
      const { generation } = before
      return {
        document: { ...before, state: 'revoked', stateReason: reason, intent: undefined, accessExpiresAtMs: undefined, generation: generation + 1 },
        cells: cellsOf(NO_TOKENS),
      }
    })
    return revoked ?? this.get(id)
  }

  /** Counts the version up; `next` decides on what stands there at that moment. */
  #change(id: ConnectionId, next: (before: Document, now: number) => Next | undefined): Promise<Connection | undefined> {
    return settled(async () => {
      const before = await this.#connections.get(id)
      const now = this.#access.clock.nowMs()
      const change = before && next(before.document, now)
      if (before === undefined || change === undefined) return undefined
      const document: Document = { ...change.document, version: before.document.version + 1, updatedAtMs: now }
      const commit = new Commit()
      this.#connections.put(commit, id, before, document, change.cells)
      if (!(await this.#commit(commit, id))) return OVERTAKEN
      const { access_token: accessToken, refresh_token: refreshToken } = change.cells ?? this.#cells(before)
      return assembled(document, { accessToken, refreshToken })
    })
  }

  #opened(found: Stored<Document> | undefined): Connection | undefined {
    if (found === undefined) return undefined
    const { access_token: accessToken, refresh_token: refreshToken } = this.#cells(found)
    return assembled(found.document, { accessToken, refreshToken })
  }

  #cells(found: Stored<Document>): Cells {
    return { access_token: this.#connections.open(found, 'access_token'), refresh_token: this.#connections.open(found, 'refresh_token') }
  }

  /** What makes it unique, as a digest, since its parts may hold any character. */
  #uniqueKey({ integration, owner, label }: ConnectionKey): string {
    return this.#index('unique', createHash('sha256').update(JSON.stringify([integration, owner, label])).digest('base64url'))
  }

  #index(...parts: readonly string[]): string {
    return this.#access.key('connections', ...parts)
  }

  #commit(commit: Commit, id: ConnectionId): Promise<boolean> {
    return this.#access.feed.commit(commit, [{ kind: 'connection', id }])
  }
}

/** With other tokens: active again, and nobody refreshes. */
function renewed(before: Document, { scopes, tokens, account }: TokenReplacement): Required<Next> {
  return {
    document: {
      ...before, scopes, account: account ?? before.account, accessExpiresAtMs: floored(tokens), generation: before.generation + 1,
      state: 'active', stateReason: undefined, intent: undefined,
    },
    cells: cellsOf(tokens),
  }
}

function leased(intent: RefreshIntent | undefined, now: number): boolean {
  return intent !== undefined && intent.leaseUntilMs > now && intent.startedAtMs <= now + CLOCK_SET_BACK_MS
}

function cellsOf({ accessToken, refreshToken }: ConnectionTokens): Cells {
  return { access_token: accessToken, refresh_token: refreshToken }
}

function floored({ accessExpiresAtMs }: ConnectionTokens): number | undefined {
  return accessExpiresAtMs === undefined ? undefined : Math.floor(accessExpiresAtMs)
}

function assembled(
  { accessExpiresAtMs, ...document }: Document, { accessToken, refreshToken }: Omit<ConnectionTokens, 'accessExpiresAtMs'>,
): Connection {
  return { ...document, tokens: { accessToken, accessExpiresAtMs, refreshToken } }
}
