import type { Entry } from './record-source.ts'

/** One line of the timeline. */
export type Item = { readonly kind: 'day'; readonly at: string } | { readonly kind: 'record'; readonly entry: Entry }

/** The day that a moment falls on in the reader's own zone, as something to compare. */
export function dayOf(at: string): string {
  const moment = new Date(at)
  return `${moment.getFullYear()}-${moment.getMonth() + 1}-${moment.getDate()}`
}

/**
 * The lines of some records, newest first: before the first of each day stands the day.
 * @param before the day of the record above them; undefined where none is
 */
export function withDays(entries: readonly Entry[], before: string | undefined): readonly Item[] {
  const items: Item[] = []
  let day = before
  for (const entry of entries) {
    const own = dayOf(entry.record.ts)
    if (own !== day) items.push({ kind: 'day', at: entry.record.ts })
    day = own
    items.push({ kind: 'record', entry })
  }
  return items
}
