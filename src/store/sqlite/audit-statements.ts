import type { DatabaseSync } from 'node:sqlite'
import type { SeriesWindow } from '../ports/audit-series.ts'
import { SeriesFold, type Tallies } from '../series-fold.ts'
import { type AuditSearch, familyOf, lookedThrough, searchSql } from './audit-search.ts'
import { counted, many, one, preparedOnDemand } from './prepared.ts'

/** An audit record as it stands in the table. */
export interface AuditRow {
  readonly chain: string
  readonly seq: number
  readonly time_ms: number
  readonly event: string
  readonly agent: string | null
  readonly person: string | null
  readonly delegation: string | null
  readonly session: string | null
  readonly integration: string | null
  readonly outcome: string | null
  readonly duration_ms: number | null
  readonly line: string
}

/** What is counted by one call. */
export interface SeriesAsked {
  /** Its times bound what this call looks at, within the window. */
  readonly search: AuditSearch
  readonly window: SeriesWindow
  /** So many records are looked at, and the others of the last one's millisecond. */
  readonly look: number
}

/** What one call counted, and what it did not look at. */
export interface SeriesPart {
  readonly tallies: Tallies
  /** Before the times that were looked at; undefined where all were. */
  readonly until: number | undefined
}

/** What one call found, newest first, and what it did not look at. */
export interface QueryPart {
  readonly rows: readonly AuditRow[]
  /** Before the times that were looked at; undefined where all were. */
  readonly until: number | undefined
}

export interface AuditOperations {
  'audit.append': (rows: readonly AuditRow[]) => undefined
  'audit.last_seq': (chain: string) => number
  'audit.get': (place: { chain: string; seq: number }) => AuditRow | undefined
  /** At most `limit` rows, of `look` records and the others of the last one's millisecond. */
  'audit.query': (asked: { search: AuditSearch; limit: number; look: number }) => QueryPart
  'audit.series': (asked: SeriesAsked) => SeriesPart
  /** At most `limit` of the oldest beyond the bound. @returns how many were forgotten */
  'audit.prune': (bound: { keep: number; limit: number }) => number
}

const COLUMNS = 'chain, seq, time_ms, event, agent, person, delegation, session, integration, outcome, duration_ms, line'

/** The audit index's statements, prepared. */
export function auditOperations(database: DatabaseSync): AuditOperations {
  const insert = counted(database.prepare(`INSERT INTO audit_records
    (chain, seq, time_ms, event, family, agent, person, delegation, session, integration, outcome, duration_ms, line)
    VALUES (:chain, :seq, :time_ms, :event, :family, :agent, :person, :delegation, :session, :integration, :outcome, :duration_ms, :line)
    ON CONFLICT (chain, seq) DO NOTHING`))
  const last = one<{ seq: number }>(database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM audit_records WHERE chain = :chain'))
  const get = one<AuditRow>(database.prepare(`SELECT ${COLUMNS} FROM audit_records WHERE chain = :chain AND seq = :seq`))
  const count = one<{ records: number }>(database.prepare('SELECT count(*) AS records FROM audit_records'))
  const forget = counted(database.prepare(`DELETE FROM audit_records WHERE rowid IN
    (SELECT rowid FROM audit_records ORDER BY time_ms, chain, seq LIMIT :limit)`))
  return {
    'audit.append': (rows) => {
      for (const row of rows) insert({ ...row, family: familyOf(row.event) })
    },
    'audit.last_seq': (chain) => last({ chain })?.seq ?? 0,
    'audit.get': (place) => get(place),
    'audit.query': finder(database),
    'audit.series': counter(database),
    'audit.prune': ({ keep, limit }) => {
      const beyond = Math.min(limit, (count({})?.records ?? 0) - keep)
      return beyond > 0 ? forget({ limit: beyond }) : 0
    },
  }
}

/** A page as SQL, newest first. */
export function pageSql(conditions: string): string {
  return `SELECT ${COLUMNS} FROM audit_records ${conditions} ORDER BY time_ms DESC, chain DESC, seq DESC LIMIT :limit`
}

/** What a series counts as SQL, newest first. */
export function seriesSql(conditions: string): string {
  return `SELECT time_ms, event, outcome, duration_ms FROM audit_records ${conditions} ORDER BY time_ms DESC`
}

/** How far a search goes as SQL: the time of the record before which so many are looked at. */
export function boundSql(conditions: string): string {
  return `SELECT time_ms FROM audit_records ${conditions} ORDER BY time_ms DESC LIMIT 1 OFFSET :look`
}

type Bounded = { readonly search: AuditSearch; readonly until: number | undefined }

/** Cuts a search so that it goes through no more than `look` records, and the others of the last one's millisecond: else one that finds little holds up the store. */
function bounded(database: DatabaseSync): (search: AuditSearch, look: number) => Bounded {
  const prepared = preparedOnDemand(database)
  return (search, look) => {
    // Only times count here, so that the index alone is read.
    const until = Math.min(search.until ?? Infinity, search.after?.time_ms ?? Infinity)
    const { conditions, given } = searchSql({ ...lookedThrough(search), until: until === Infinity ? undefined : until, after: undefined })
    const last = one<{ time_ms: number }>(prepared(boundSql(conditions)))({ ...given, look: look - 1 })
    return last === undefined ? { search, until: undefined } : { search: { ...search, since: last.time_ms }, until: last.time_ms - 1 }
  }
}

function finder(database: DatabaseSync): AuditOperations['audit.query'] {
  const prepared = preparedOnDemand(database)
  const cut = bounded(database)
  return ({ search, limit, look }) => {
    const { search: part, until } = cut(search, look)
    const { conditions, given } = searchSql(part)
    return { rows: many<AuditRow>(prepared(pageSql(conditions)))({ ...given, limit }), until }
  }
}

type Counted = readonly [time_ms: number, event: string, outcome: string | null, duration_ms: number | null]

function counter(database: DatabaseSync): AuditOperations['audit.series'] {
  const prepared = preparedOnDemand(database)
  const cut = bounded(database)
  return ({ search, window, look }) => {
    const { search: part, until } = cut(search, look)
    const { conditions, given } = searchSql(part)
    const statement = prepared(seriesSql(conditions))
    statement.setReturnArrays(true)
    const fold = new SeriesFold(window)
    // The types know rows as objects only.
    for (const [timeMs, event, outcome, durationMs] of statement.iterate(given) as unknown as Iterable<Counted>) {
      fold.add({ timeMs, event, outcome: outcome ?? undefined, durationMs: durationMs ?? undefined })
    }
    return { tallies: fold.tallies, until }
  }
}
