import type { DatabaseSync } from 'node:sqlite'
import type { RowWish } from './paging.ts'
import { counted, many, one, preparedOnDemand, where } from './prepared.ts'

/** A delegation as it stands in the table. */
export interface DelegationRow {
  readonly seq: number
  readonly id: string
  readonly agent: string
  readonly person: string
  /** JSON array of DelegatedAccess. */
  readonly access: string
  readonly state: 'active' | 'revoked' | 'expired'
  readonly created_at: number
  readonly expires_at: number
  readonly ended_at: number | null
  readonly ended_by: string | null
  readonly end_reason: string | null
  readonly version: number
}

type Draft = Pick<DelegationRow, 'id' | 'agent' | 'person' | 'access' | 'expires_at'> & {
  readonly session: string
  readonly session_expires_at: number
  readonly now: number
}
type End = { readonly id: string; readonly state: 'revoked' | 'expired'; readonly by: string; readonly reason: string | null; readonly now: number }
type Filter = RowWish & { readonly person: string | undefined; readonly agent: string | undefined; readonly state: string | undefined }

export interface DelegationOperations {
  'delegations.create': (draft: Draft) => DelegationRow | undefined
  'delegations.get': (id: string) => DelegationRow | undefined
  'delegations.list': (filter: Filter) => DelegationRow[]
  'delegations.change': (change: { id: string; version: number; access: string; expires_at: number; now: number }) => DelegationRow | undefined
  'delegations.end': (end: End) => { row: DelegationRow; sessions: string[]; changed: boolean } | undefined
  'delegations.overdue': (at: { now: number; limit: number }) => DelegationRow[]
  'delegations.forget_ended': (bound: { before: number; limit: number }) => number
}

/** The delegations' statements, prepared. */
export function delegationOperations(database: DatabaseSync): DelegationOperations {
  const get = one<DelegationRow>(database.prepare('SELECT * FROM delegations WHERE id = :id'))
  const change = one<DelegationRow>(database.prepare(`UPDATE delegations SET access = :access, expires_at = :expires_at, version = version + 1
    WHERE id = :id AND version = :version AND state = 'active' AND expires_at > :now RETURNING *`))
  const overdue = many<DelegationRow>(database.prepare(`SELECT * FROM delegations WHERE state = 'active' AND expires_at <= :now
    ORDER BY expires_at LIMIT :limit`))
  return {
    'delegations.create': creator(database),
    'delegations.get': (id) => get({ id }),
    'delegations.list': lister(database),
    'delegations.change': change,
    'delegations.end': ender(database),
    'delegations.overdue': overdue,
    'delegations.forget_ended': forgetter(database),
  }
}

function creator(database: DatabaseSync): DelegationOperations['delegations.create'] {
  const insert = one<DelegationRow>(database.prepare(`INSERT INTO delegations (id, agent, person, access, state, created_at, expires_at, version)
    VALUES (:id, :agent, :person, :access, 'active', :now, :expires_at, 1) RETURNING *`))
  const begin = counted(database.prepare(`INSERT INTO sessions (id, delegation, agent, person, started_at, expires_at)
    VALUES (:session, :id, :agent, :person, :now, :session_expires_at)`))
  return ({ session, session_expires_at, access, expires_at, ...draft }) => {
    const row = insert({ ...draft, access, expires_at })
    begin({ ...draft, session, session_expires_at })
    return row
  }
}

function lister(database: DatabaseSync): DelegationOperations['delegations.list'] {
  const prepared = preparedOnDemand(database)
  return ({ limit, before, ...filter }) => {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined)
    const conditions = where(['seq < :before', ...given.map(([column]) => `${column} = :${column}`)])
    const select = many<DelegationRow>(prepared(`SELECT * FROM delegations ${conditions} ORDER BY seq DESC LIMIT :limit`))
    return select({ limit, before, ...Object.fromEntries(given) })
  }
}

function ender(database: DatabaseSync): DelegationOperations['delegations.end'] {
  const get = one<DelegationRow>(database.prepare('SELECT * FROM delegations WHERE id = :id'))
  const end = one<DelegationRow>(database.prepare(`UPDATE delegations
    SET state = :state, ended_at = :now, ended_by = :by, end_reason = :reason, version = version + 1
    WHERE id = :id AND state = 'active' RETURNING *`))
  const endSessions = many<{ id: string }>(database.prepare(`UPDATE sessions SET ended_at = :now, end_reason = :state
    WHERE delegation = :id AND ended_at IS NULL RETURNING id`))
  return ({ by, reason, ...order }) => {
    const ended = end({ ...order, by, reason })
    const row = ended ?? get({ id: order.id })
    return row && { row, sessions: ended === undefined ? [] : endSessions(order).map(({ id }) => id), changed: ended !== undefined }
  }
}

function forgetter(database: DatabaseSync): DelegationOperations['delegations.forget_ended'] {
  const old = many<{ id: string }>(database.prepare('SELECT id FROM delegations WHERE ended_at < :before ORDER BY ended_at LIMIT :limit'))
  const forgetSessions = counted(database.prepare('DELETE FROM sessions WHERE delegation = :id'))
  const forget = counted(database.prepare('DELETE FROM delegations WHERE id = :id'))
  const forgetOldSessions = counted(database.prepare(`DELETE FROM sessions WHERE seq IN
    (SELECT seq FROM sessions WHERE ended_at < :before ORDER BY ended_at LIMIT :limit)`))
  return (bound) => {
    const withSessions = old(bound).reduce((sum, { id }) => sum + forgetSessions({ id }) + forget({ id }), 0)
    return withSessions + forgetOldSessions(bound)
  }
}
