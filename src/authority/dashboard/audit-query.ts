import type { AuditFilter } from '../../store/ports/audit-index.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { seesAll } from './frame.ts'

/** The fields of the form. */
export const QUERY_FIELDS = ['agent', 'person', 'integration', 'event', 'outcome'] as const
export type QueryField = (typeof QUERY_FIELDS)[number]

/** What can be asked for, as it stands in the address. */
export type AuditQuery = Readonly<Partial<Record<QueryField, string>>>

const MAX_FIELD = 128

/** Reads the address. What is too long is cut, and matches nothing then: left out, it would match everything. Pure. */
export function readAuditQuery(search: URLSearchParams): AuditQuery {
  return Object.fromEntries(QUERY_FIELDS.flatMap((name) => {
    const value = search.get(name)?.trim().slice(0, MAX_FIELD) ?? ''
    return value === '' ? [] : [[name, value]]
  }))
}

/** What was asked for; a person sees what was done for them, whatever the address says. Pure. */
export function auditFilter(signIn: BrowserSignIn, query: AuditQuery): AuditFilter {
  const id = (prefix: string, text: string | undefined): string | undefined => (text === undefined || text.startsWith(prefix) ? text : `${prefix}${text}`)
  const person = seesAll(signIn) ? id('user:', query.person) : signIn.person.id
  return { agent: id('agent:', query.agent), person, integration: query.integration, event: query.event, outcome: query.outcome }
}
