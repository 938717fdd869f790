import type { DatabaseSync } from 'node:sqlite'
import type { RowWish } from './paging.ts'
import { counted, many, one, preparedOnDemand, where } from './prepared.ts'

/** A session as it stands in the table. */
export interface SessionRow {
  readonly seq: number
  readonly id: string
  readonly delegation: string
  readonly agent: string
  readonly person: string
  readonly started_at: number
  readonly expires_at: number
  readonly ended_at: number | null
  readonly end_reason: string | null
  readonly secret_digest: string | null
}

type Filter = RowWish & {
  readonly delegation: string | undefined
  readonly person: string | undefined
  readonly agent: string | undefined
  readonly running: boolean | undefined
}

export interface SessionOperations {
  'sessions.start': (draft: { id: string; delegation: string; expires_at: number; now: number }) => SessionRow | undefined
  'sessions.get': (id: string) => SessionRow | undefined
  'sessions.list': (filter: Filter) => SessionRow[]
  'sessions.set_secret': (change: { id: string; digest: string; now: number }) => boolean
  'sessions.end': (end: { id: string; reason: string; now: number }) => boolean
  'sessions.overdue': (at: { now: number; limit: number }) => SessionRow[]
}

/** The sessions' statements, prepared. */
export function sessionOperations(database: DatabaseSync): SessionOperations {
  const start = one<SessionRow>(database.prepare(`INSERT INTO sessions (id, delegation, agent, person, started_at, expires_at)
    SELECT :id, id, agent, person, :now, :expires_at FROM delegations WHERE id = :delegation AND state = 'active' AND expires_at > :now
    RETURNING *`))
  const get = one<SessionRow>(database.prepare('SELECT * FROM sessions WHERE id = :id'))
  const setSecret = counted(database.prepare(`UPDATE sessions SET secret_digest = :digest
    WHERE id = :id AND ended_at IS NULL AND expires_at > :now`))
  const end = counted(database.prepare('UPDATE sessions SET ended_at = :now, end_reason = :reason WHERE id = :id AND ended_at IS NULL'))
  const overdue = many<SessionRow>(database.prepare(`SELECT * FROM sessions WHERE ended_at IS NULL AND expires_at <= :now
    ORDER BY expires_at LIMIT :limit`))
  return {
    'sessions.start': start,
    'sessions.get': (id) => get({ id }),
    'sessions.list': lister(database),
    'sessions.set_secret': (change) => setSecret(change) > 0,
    'sessions.end': (order) => end(order) > 0,
    'sessions.overdue': overdue,
  }
}

function lister(database: DatabaseSync): SessionOperations['sessions.list'] {
  const prepared = preparedOnDemand(database)
  return ({ limit, before, running, ...filter }) => {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined)
    const state = running !== undefined && `ended_at IS ${running ? '' : 'NOT '}NULL`
    const conditions = where(['seq < :before', state, ...given.map(([column]) => `${column} = :${column}`)])
    const select = many<SessionRow>(prepared(`SELECT * FROM sessions ${conditions} ORDER BY seq DESC LIMIT :limit`))
    return select({ limit, before, ...Object.fromEntries(given) })
  }
}
