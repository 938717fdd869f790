import type { DatabaseSync } from 'node:sqlite'
import type { SeriesWindow } from '../ports/audit-series.ts'
import { SeriesFold, type Tallies } from '../series-fold.ts'
import { type AuditSearch, familyOf, searchSql } from './audit-search.ts'
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
  /** After so many records it ends, but never within a millisecond. */
  readonly limit: number
}

/** What one call counted, and what it did not look at. */
export interface SeriesPart {
  readonly tallies: Tallies
  /** The newest time that was not looked at; undefined where all was. */
  readonly until: number | undefined
}

export interface AuditOperations {
  'audit.append': (rows: readonly AuditRow[]) => undefined
  'audit.last_seq': (chain: string) => number
  'audit.get': (place: { chain: string; seq: number }) => AuditRow | undefined
  'audit.query': (asked: { search: AuditSearch; limit: number }) => AuditRow[]
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

function finder(database: DatabaseSync): AuditOperations['audit.query'] {
  const prepared = preparedOnDemand(database)
  return ({ search, limit }) => {
    const { conditions, given } = searchSql(search)
    return many<AuditRow>(prepared(pageSql(conditions)))({ ...given, limit })
  }
}

type Counted = readonly [time_ms: number, event: string, outcome: string | null, duration_ms: number | null]

function counter(database: DatabaseSync): AuditOperations['audit.series'] {
  const prepared = preparedOnDemand(database)
  return ({ search, window, limit }) => {
    const { conditions, given } = searchSql(search)
    const statement = prepared(seriesSql(conditions))
    statement.setReturnArrays(true)
    const fold = new SeriesFold(window)
    let [lookedAt, oldest] = [0, Infinity]
    // The types know rows as objects only.
    for (const [timeMs, event, outcome, durationMs] of statement.iterate(given) as unknown as Iterable<Counted>) {
      if (lookedAt >= limit && timeMs < oldest) return { tallies: fold.tallies, until: timeMs }
      fold.add({ timeMs, event, outcome: outcome ?? undefined, durationMs: durationMs ?? undefined })
      lookedAt += 1
      oldest = timeMs
    }
    return { tallies: fold.tallies, until: undefined }
  }
}
