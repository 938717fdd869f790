import { isObject, type ReadRecord } from './record.ts'

/** What a reader of the log wants to see; all that are given must hold. */
export interface RecordFilter {
  /** With or without `agent:`. */
  readonly agent?: string | undefined
  /** With or without `user:`. */
  readonly person?: string | undefined
  readonly integration?: string | undefined
  /** An event code, or its first part for all of that kind: `credential`. */
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  /** Wall clock. */
  readonly sinceMs?: number | undefined
}

/** Whether the record is one that the reader wants to see. */
export function matchesFilter(record: ReadRecord, filter: RecordFilter): boolean {
  const { fields } = record
  return (
    holds(filter.agent, (agent) => isId(fields['agent'], 'agent:', agent)) &&
    holds(filter.person, (person) => isId(fields['user'], 'user:', person)) &&
    holds(filter.integration, (integration) => fields['integration'] === integration) &&
    holds(filter.event, (event) => record.event === event || record.event.startsWith(`${event}.`)) &&
    holds(filter.outcome, (outcome) => fields['outcome'] === outcome) &&
    holds(filter.sinceMs, (sinceMs) => Date.parse(record.ts) >= sinceMs)
  )
}

function holds<T>(wanted: T | undefined, test: (wanted: T) => boolean): boolean {
  return wanted === undefined || test(wanted)
}

function isId(owner: unknown, prefix: string, wanted: string): boolean {
  return isObject(owner) && owner['id'] === (wanted.startsWith(prefix) ? wanted : `${prefix}${wanted}`)
}
