import type { Page, PageWish } from '../ports/page.ts'

/** The most that one part of a list holds. */
const MAX_LIMIT = 500
const SEQUENCE = /^[1-9][0-9]{0,15}$/

/** Which part of a table that is listed by `seq`, newest first, is wanted: one row more than asked tells whether there are others. */
export interface RowWish {
  readonly limit: number
  readonly before: number
}

/** @throws TypeError for a limit that is none, and for a mark that this store never gave */
export function rowWish({ limit, after }: PageWish): RowWish {
  if (after !== undefined && !SEQUENCE.test(after)) throw new TypeError('`after` is what `next` of the part before said')
  return { limit: checkedLimit(limit) + 1, before: after === undefined ? Number.MAX_SAFE_INTEGER : Number(after) }
}

/** @throws TypeError */
export function checkedLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new TypeError(`a part of a list holds 1 to ${MAX_LIMIT}`)
  return limit
}

/** One part of a list out of rows of which there may be one more than was asked for. */
export function pageOf<Row, T>(rows: readonly Row[], limit: number, markOf: (last: Row) => string, read: (row: Row) => T): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(read), next: rows.length > limit && last !== undefined ? markOf(last) : undefined }
}
