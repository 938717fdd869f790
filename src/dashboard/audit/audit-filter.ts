import type { Query } from '../api/client.ts'

/** What of the audit is wanted, as it stands in the address bar; all that are given must hold. */
export interface AuditFilter {
  readonly agent?: string | undefined
  readonly person?: string | undefined
  readonly integration?: string | undefined
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly delegation?: string | undefined
  readonly session?: string | undefined
  /** A span that ends now: one of SPANS. */
  readonly last?: string | undefined
  /** RFC 3339; not beside `last`. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export type FilterField = keyof AuditFilter

const FIELDS: readonly FilterField[] = ['agent', 'person', 'integration', 'event', 'outcome', 'delegation', 'session', 'last', 'since', 'until']
/** What the API itself is asked for. */
const ASKED = ['agent', 'person', 'integration', 'event', 'outcome', 'delegation', 'session', 'since', 'until'] as const

/** Spans that are offered, shortest first. */
export const SPANS: readonly { readonly name: string; readonly words: string; readonly ms: number }[] = [
  { name: '15m', words: 'Last 15 minutes', ms: 15 * 60_000 },
  { name: '1h', words: 'Last hour', ms: 3_600_000 },
  { name: '24h', words: 'Last 24 hours', ms: 86_400_000 },
  { name: '7d', words: 'Last 7 days', ms: 7 * 86_400_000 },
]

/** Reads the address bar; a span that is none of ours counts as none. Pure. */
export function filterOf(query: URLSearchParams): AuditFilter {
  const given = Object.fromEntries(FIELDS.map((field) => [field, query.get(field)?.trim() || undefined])) as AuditFilter
  const span = SPANS.find(({ name }) => name === given.last)
  return span === undefined ? { ...given, last: undefined } : { ...given, since: undefined, until: undefined }
}

/** The timeline's place with this filter, fields in a stable order. Pure. */
export function placeOf(filter: AuditFilter): string {
  const given = FIELDS.flatMap((field): [string, string][] => (filter[field] === undefined ? [] : [[field, filter[field]]]))
  return given.length === 0 ? '/audit' : `/audit?${new URLSearchParams(given).toString()}`
}

/** What the API is asked for, with a span as it is now. Pure. */
export function queryOf(filter: AuditFilter, nowMs: number): Query {
  const since = filter.last === undefined ? filter.since : new Date(nowMs - spanMs(filter.last)).toISOString()
  return Object.fromEntries(ASKED.map((field) => [field, field === 'since' ? since : filter[field]]))
}

/** Whether records that are yet to come may be among those that are wanted. Pure. */
export function reachesNow({ until }: AuditFilter, nowMs: number): boolean {
  return until === undefined || !(Date.parse(until) <= nowMs)
}

/** The window that the charts are over: the filter's, else the last hour. Pure. */
export function windowOf(filter: AuditFilter, nowMs: number): { readonly sinceMs: number; readonly untilMs: number } {
  const untilMs = momentOf(filter.until) ?? nowMs
  if (filter.last !== undefined) return { sinceMs: nowMs - spanMs(filter.last), untilMs: nowMs }
  const sinceMs = momentOf(filter.since)
  return sinceMs === undefined || sinceMs >= untilMs ? { sinceMs: untilMs - 3_600_000, untilMs } : { sinceMs, untilMs }
}

/** The filter in words, for those who are about to take away what it leaves. Pure. */
export function filterWords(filter: AuditFilter): string {
  const parts = FIELDS.flatMap((field) => {
    const value = filter[field]
    if (value === undefined) return []
    return field === 'last' ? SPANS.find(({ name }) => name === value)?.words.toLowerCase() ?? [] : `${field} ${value}`
  })
  return parts.length === 0 ? 'no filter: everything that you may see' : parts.join(', ')
}

/** Whether anything is left out. */
export function isFiltered(filter: AuditFilter): boolean {
  return FIELDS.some((field) => filter[field] !== undefined)
}

function spanMs(name: string): number {
  return SPANS.find((span) => span.name === name)?.ms ?? 3_600_000
}

function momentOf(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
