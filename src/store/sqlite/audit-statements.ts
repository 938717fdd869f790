import type { DatabaseSync } from 'node:sqlite'
import { counted, many, one, preparedOnDemand, where } from './prepared.ts'

/** An audit record as it stands in the table. */
export interface AuditRow {
  readonly chain: string
  readonly seq: number
  readonly time_ms: number
  readonly event: string
  readonly agent: string | null
  readonly person: string | null
  readonly integration: string | null
  readonly outcome: string | null
  readonly line: string
}

/** What a search asks for; undefined asks for nothing. */
export interface AuditSearch {
  readonly agent: string | undefined
  readonly person: string | undefined
  readonly integration: string | undefined
  readonly outcome: string | undefined
  readonly event: string | undefined
  readonly since: number | undefined
  readonly until: number | undefined
  /** The last record of the part before. */
  readonly after: Pick<AuditRow, 'time_ms' | 'chain' | 'seq'> | undefined
  readonly limit: number
}

export interface AuditOperations {
  'audit.append': (rows: readonly AuditRow[]) => undefined
  'audit.last_seq': (chain: string) => number
  'audit.query': (search: AuditSearch) => AuditRow[]
  /** At most `limit` of the oldest beyond the bound. @returns how many were forgotten */
  'audit.prune': (bound: { keep: number; limit: number }) => number
}

/** The audit index's statements, prepared. */
export function auditOperations(database: DatabaseSync): AuditOperations {
  const insert = counted(database.prepare(`INSERT INTO audit_records (chain, seq, time_ms, event, family, agent, person, integration, outcome, line)
    VALUES (:chain, :seq, :time_ms, :event, :family, :agent, :person, :integration, :outcome, :line) ON CONFLICT (chain, seq) DO NOTHING`))
  const last = one<{ seq: number }>(database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM audit_records WHERE chain = :chain'))
  const count = one<{ records: number }>(database.prepare('SELECT count(*) AS records FROM audit_records'))
  const forget = counted(database.prepare(`DELETE FROM audit_records WHERE rowid IN
    (SELECT rowid FROM audit_records ORDER BY time_ms, chain, seq LIMIT :limit)`))
  return {
    'audit.append': (rows) => {
      for (const row of rows) insert({ ...row, family: familyOf(row.event) })
    },
    'audit.last_seq': (chain) => last({ chain })?.seq ?? 0,
    'audit.query': finder(database),
    'audit.prune': ({ keep, limit }) => {
      const beyond = Math.min(limit, (count({})?.records ?? 0) - keep)
      return beyond > 0 ? forget({ limit: beyond }) : 0
    },
  }
}

/** `credential` of `credential.issued`. */
function familyOf(event: string): string {
  return event.split('.', 1)[0] ?? event
}

function finder(database: DatabaseSync): AuditOperations['audit.query'] {
  const prepared = preparedOnDemand(database)
  return ({ limit, after, event, ...columns }) => {
    const eventColumn = event?.includes('.') ? 'event' : 'family'
    const given = Object.entries({ ...columns, [eventColumn]: event }).filter(([, value]) => value !== undefined)
    const conditions = where([
      after !== undefined && '(time_ms, chain, seq) < (:time_ms, :chain, :seq)',
      ...given.map(([name]) => CONDITIONS[name] ?? `${name} = :${name}`),
    ])
    const select = many<AuditRow>(prepared(`SELECT chain, seq, time_ms, event, agent, person, integration, outcome, line
      FROM audit_records ${conditions} ORDER BY time_ms DESC, chain DESC, seq DESC LIMIT :limit`))
    return select({ limit, ...after, ...Object.fromEntries(given) })
  }
}

const CONDITIONS: Readonly<Record<string, string>> = { since: 'time_ms >= :since', until: 'time_ms <= :until' }
