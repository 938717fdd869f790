import { isObject, parseRecord } from './record.ts'

/** One record as it can be searched: what the store's index keeps, and what a live viewer filters by. */
export interface IndexedRecord {
  readonly chain: string
  readonly seq: number
  readonly timeMs: number
  readonly event: string
  readonly agent: string | undefined
  readonly person: string | undefined
  readonly delegation: string | undefined
  readonly session: string | undefined
  readonly integration: string | undefined
  readonly outcome: string | undefined
  /** How long a call took. */
  readonly durationMs: number | undefined
  /** The whole line, as it stands in the file. */
  readonly line: string
}

/** Which records are wanted; all that are given must hold. */
export interface IndexFilter {
  readonly agent?: string | undefined
  readonly person?: string | undefined
  readonly delegation?: string | undefined
  readonly session?: string | undefined
  readonly integration?: string | undefined
  /** An event code, or its first part: `credential`. */
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** @returns undefined where the line is no record */
export function indexedRecord(chain: string, line: string): IndexedRecord | undefined {
  const record = parseRecord(line)
  if (record === undefined) return undefined
  const { seq, ts, event, fields } = record
  const timeMs = Date.parse(ts)
  return {
    chain, seq, timeMs: Number.isNaN(timeMs) ? 0 : timeMs, event, line,
    agent: idOf(fields['agent']), person: idOf(fields['user']), delegation: textOf(fields['delegation']), session: textOf(fields['session']),
    integration: textOf(fields['integration']), outcome: textOf(fields['outcome']), durationMs: durationOf(fields['http']),
  }
}

/** Whether the record is one that is wanted, as the index itself answers. */
export function matchesIndexFilter(record: IndexedRecord, filter: IndexFilter): boolean {
  const { agent, person, delegation, session, integration, event, outcome, sinceMs, untilMs } = filter
  return (
    (agent === undefined || record.agent === agent) &&
    (person === undefined || record.person === person) &&
    (delegation === undefined || record.delegation === delegation) &&
    (session === undefined || record.session === session) &&
    (integration === undefined || record.integration === integration) &&
    (event === undefined || record.event === event || record.event.startsWith(`${event}.`)) &&
    (outcome === undefined || record.outcome === outcome) &&
    (sinceMs === undefined || record.timeMs >= sinceMs) &&
    (untilMs === undefined || record.timeMs <= untilMs)
  )
}

function idOf(owner: unknown): string | undefined {
  return isObject(owner) ? textOf(owner['id']) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function durationOf(facts: unknown): number | undefined {
  const ms = isObject(facts) ? facts['duration_ms'] : undefined
  return typeof ms === 'number' && ms >= 0 ? ms : undefined
}
