import type { Clock } from '../../lib/clock.ts'
import type { AgentId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type {
  DelegatedAccess, DelegationFilter, Delegations, EndedDelegation, NewDelegation, SessionFilter, StoredDelegation, StoredSession,
} from '../ports/delegations.ts'
import type { Page, PageWish } from '../ports/page.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { DelegationRow } from './delegation-statements.ts'
import { pageOf, rowWish } from './paging.ts'
import type { SessionRow } from './session-statements.ts'
import type { WorkerClient } from './worker-client.ts'

/** Delegations and sessions in SQLite. */
export class SqliteDelegations implements Delegations {
  readonly #client: WorkerClient
  readonly #feed: ChangeFeed
  readonly #clock: Clock

  constructor(client: WorkerClient, feed: ChangeFeed, clock: Clock) {
    this.#client = client
    this.#feed = feed
    this.#clock = clock
  }

  async create({ id, agent, person, access, expiresAtMs, session, sessionExpiresAtMs = expiresAtMs }: NewDelegation): Promise<StoredDelegation> {
    const draft = { id, agent, person, access: JSON.stringify(access), expires_at: Math.floor(expiresAtMs), now: this.#clock.nowMs() }
    const begun = { session, session_expires_at: Math.floor(Math.min(sessionExpiresAtMs, expiresAtMs)) }
    const row = await this.#client.call('delegations.create', { ...draft, ...begun }, () => this.#tell(id, [session]))
    if (row === undefined) throw new TypeError('an insertion gives its row')
    return delegationOf(row)
  }

  async get(id: DelegationId): Promise<StoredDelegation | undefined> {
    const row = await this.#client.call('delegations.get', id)
    return row && delegationOf(row)
  }

  async list({ person, agent, state }: DelegationFilter, page: PageWish): Promise<Page<StoredDelegation>> {
    const rows = await this.#client.call('delegations.list', { ...rowWish(page), person, agent, state })
    return pageOf(rows, page.limit, ({ seq }) => String(seq), delegationOf)
  }

  async change(
    id: DelegationId, version: number, access: readonly DelegatedAccess[], expiresAtMs: number,
  ): Promise<StoredDelegation | undefined> {
    const change = { id, version, access: JSON.stringify(access), expires_at: Math.floor(expiresAtMs), now: this.#clock.nowMs() }
    const changed = await this.#client.call('delegations.change', change, (row) => {
      if (row !== undefined) this.#tell(id, [])
    })
    return changed && delegationOf(changed)
  }

  async end(id: DelegationId, state: 'revoked' | 'expired', by: string, reason: string | undefined): Promise<EndedDelegation | undefined> {
    const order = { id, state, by, reason: reason ?? null, now: this.#clock.nowMs() }
    const ended = await this.#client.call('delegations.end', order, (done) => {
      if (done?.changed) this.#tell(id, done.sessions as SessionId[])
    })
    return ended && { delegation: delegationOf(ended.row), sessions: ended.sessions as SessionId[], changed: ended.changed }
  }

  async overdue(nowMs: number, limit: number): Promise<readonly StoredDelegation[]> {
    return (await this.#client.call('delegations.overdue', { now: nowMs, limit })).map(delegationOf)
  }

  async startSession(delegation: DelegationId, id: SessionId, expiresAtMs: number): Promise<StoredSession | undefined> {
    const draft = { id, delegation, expires_at: Math.floor(expiresAtMs), now: this.#clock.nowMs() }
    const row = await this.#client.call('sessions.start', draft, (started) => this.#tellSession(id, started !== undefined))
    return row && sessionOf(row)
  }

  async session(id: SessionId): Promise<StoredSession | undefined> {
    const row = await this.#client.call('sessions.get', id)
    return row && sessionOf(row)
  }

  async sessions({ delegation, person, agent, running }: SessionFilter, page: PageWish): Promise<Page<StoredSession>> {
    const rows = await this.#client.call('sessions.list', { ...rowWish(page), delegation, person, agent, running })
    return pageOf(rows, page.limit, ({ seq }) => String(seq), sessionOf)
  }

  async setSessionSecret(id: SessionId, digest: string): Promise<boolean> {
    return await this.#client.call('sessions.set_secret', { id, digest, now: this.#clock.nowMs() }, (set) => this.#tellSession(id, set))
  }

  async endSession(id: SessionId, reason: string): Promise<boolean> {
    return await this.#client.call('sessions.end', { id, reason, now: this.#clock.nowMs() }, (ended) => this.#tellSession(id, ended))
  }

  async overdueSessions(nowMs: number, limit: number): Promise<readonly StoredSession[]> {
    return (await this.#client.call('sessions.overdue', { now: nowMs, limit })).map(sessionOf)
  }

  async forgetEnded(beforeMs: number, limit: number): Promise<number> {
    return await this.#client.call('delegations.forget_ended', { before: beforeMs, limit })
  }

  #tell(id: DelegationId, sessions: readonly SessionId[]): void {
    this.#feed.tell({ kind: 'delegation', id })
    for (const session of sessions) this.#tellSession(session, true)
  }

  #tellSession(id: SessionId, changed: boolean): void {
    if (changed) this.#feed.tell({ kind: 'session', id })
  }
}

function delegationOf(row: DelegationRow): StoredDelegation {
  return {
    id: row.id as DelegationId,
    agent: row.agent as AgentId,
    person: row.person as PersonId,
    access: (JSON.parse(row.access) as DelegatedAccess[]).map((access) => ({ ...access, connection: access.connection })),
    state: row.state,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    endedAtMs: row.ended_at ?? undefined,
    endedBy: row.ended_by ?? undefined,
    endReason: row.end_reason ?? undefined,
    version: row.version,
  }
}

function sessionOf(row: SessionRow): StoredSession {
  return {
    id: row.id as SessionId,
    delegation: row.delegation as DelegationId,
    agent: row.agent as AgentId,
    person: row.person as PersonId,
    startedAtMs: row.started_at,
    expiresAtMs: row.expires_at,
    endedAtMs: row.ended_at ?? undefined,
    endReason: row.end_reason ?? undefined,
    secretDigest: row.secret_digest ?? undefined,
  }
}
