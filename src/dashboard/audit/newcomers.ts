import type { Entry, RecordSource } from './record-source.ts'

/** What stands at the top and was not known. */
export interface Newcomers {
  readonly entries: readonly Entry[]
  /** Whether there are more than were looked at. */
  readonly isMore: boolean
}

const FEW = 50
const MANY = 500

/**
 * The records at the top that are not known yet. A few are looked at first; only where all of those are new, more.
 * @throws ApiError, or the signal's reason
 */
export async function newcomers(source: RecordSource, known: ReadonlySet<string>, signal: AbortSignal): Promise<Newcomers> {
  for (const limit of [FEW, MANY]) {
    const { entries, next } = await source.part({ limit, signal })
    const fresh = entries.filter(({ record }) => !known.has(record.id))
    if (fresh.length < entries.length || next === null) return { entries: fresh, isMore: false }
    if (limit === MANY) return { entries: fresh, isMore: true }
  }
  return { entries: [], isMore: false }
}
