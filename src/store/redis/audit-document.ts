import type { AuditFilter, IndexedRecord } from '../ports/audit-index.ts'
import { fromJson } from './document-json.ts'

/** The record of a document; one of before version 2 of the form says by its line alone which run it is of and how long it took. */
export function auditRecordOf(document: string): IndexedRecord {
  const record = fromJson(document) as IndexedRecord
  return 'durationMs' in record ? record : { ...(record as IndexedRecord), ...factsOf(record) }
}

/** Whether the record is one that is wanted, but for its time. */
export function matchesButTime(record: IndexedRecord, filter: AuditFilter): boolean {
  const { agent, person, delegation, session, integration, event, outcome } = filter
  return (agent === undefined || record.agent === agent) && (person === undefined || record.person === person)
    && (delegation === undefined || record.delegation === delegation) && (session === undefined || record.session === session)
    && (integration === undefined || record.integration === integration) && (outcome === undefined || record.outcome === outcome)
    && (event === undefined || record.event === event || record.event.startsWith(`${event}.`))
}

function factsOf({ line }: Pick<IndexedRecord, 'line'>): Pick<IndexedRecord, 'delegation' | 'session' | 'durationMs'> {
  const { delegation, session, http } = parsed(line)
  const durationMs = http?.duration_ms
  return {
    delegation: typeof delegation === 'string' ? delegation : undefined,
    session: typeof session === 'string' ? session : undefined,
    durationMs: typeof durationMs === 'number' && durationMs >= 0 ? durationMs : undefined,
  }
}

interface Facts {
  readonly delegation?: unknown
  readonly session?: unknown
  readonly http?: { readonly duration_ms?: unknown } | null
}

function parsed(line: string): Facts {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
