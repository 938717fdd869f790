import { where } from './prepared.ts'

/** What a search asks for; undefined asks for nothing. */
export interface AuditSearch {
  readonly agent: string | undefined
  readonly person: string | undefined
  readonly delegation: string | undefined
  readonly session: string | undefined
  readonly integration: string | undefined
  readonly outcome: string | undefined
  readonly event: string | undefined
  readonly since: number | undefined
  readonly until: number | undefined
  /** The last record of the part before. */
  readonly after: { readonly time_ms: number; readonly chain: string; readonly seq: number } | undefined
}

/** A search as SQL: the conditions, from `WHERE` on or empty, and the values of their parameters. */
export interface SearchSql {
  readonly conditions: string
  readonly given: Readonly<Record<string, string | number>>
}

type Column = 'session' | 'delegation' | 'person' | 'agent' | 'event' | 'integration' | 'family' | 'outcome'

/** By what a search goes through an index of its own, what leaves the fewest records first. */
const NARROWEST: readonly Column[] = ['session', 'delegation', 'person', 'agent', 'event', 'integration', 'family', 'outcome']

/**
 * The search as SQL that uses one index, always the same for the same fields: SQLite has no statistics here, and would go through all that went
 * well to find what one person did. The others are compared (`+` hides a column from the planner). Pure.
 */
export function searchSql(search: AuditSearch): SearchSql {
  const equal = equalsOf(search)
  const narrowest = narrowestOf(equal)
  const { since, until, after } = search
  const conditions = where([
    ...[...equal.keys()].map((column) => `${column === narrowest ? '' : '+'}${column} = :${column}`),
    since !== undefined && 'time_ms >= :since',
    until !== undefined && 'time_ms <= :until',
    after !== undefined && '(time_ms, chain, seq) < (:time_ms, :chain, :seq)',
  ])
  return { conditions, given: { ...Object.fromEntries(equal), ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }), ...after } }
}

/** The same search by no more than its index finds: all that is gone through for it. Pure. */
export function lookedThrough(search: AuditSearch): AuditSearch {
  const { agent, person, delegation, session, integration, outcome, event, since, until, after } = search
  const narrowest = narrowestOf(equalsOf(search))
  const only = (column: Column, value: string | undefined): string | undefined => (column === narrowest ? value : undefined)
  return {
    agent: only('agent', agent), person: only('person', person), delegation: only('delegation', delegation), session: only('session', session),
    integration: only('integration', integration), outcome: only('outcome', outcome), event: only(eventColumn(event), event), since, until, after,
  }
}

/** `credential` of `credential.issued`. */
export function familyOf(event: string): string {
  return event.split('.', 1)[0] ?? event
}

function equalsOf(search: AuditSearch): ReadonlyMap<Column, string> {
  return new Map(columnsOf(search).flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const])))
}

function columnsOf({ session, delegation, person, agent, integration, outcome, event }: AuditSearch): readonly (readonly [Column, string | undefined])[] {
  return [
    ['session', session], ['delegation', delegation], ['person', person], ['agent', agent], ['integration', integration], ['outcome', outcome],
    [eventColumn(event), event],
  ]
}

function eventColumn(event: string | undefined): 'event' | 'family' {
  return event?.includes('.') === true ? 'event' : 'family'
}

/** What did not go well is rare, and is found by that. */
function narrowestOf(equal: ReadonlyMap<Column, string>): Column | undefined {
  const [first] = NARROWEST.filter((column) => equal.has(column))
  const byRun = first === 'session' || first === 'delegation'
  return !byRun && equal.has('outcome') && equal.get('outcome') !== 'ok' ? 'outcome' : first
}
