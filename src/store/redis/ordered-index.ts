import type { Page, PageWish } from '../ports/page.ts'
import type { StoreAccess } from './store-access.ts'

/** How many entries of an index one part of a list looks at, at most: a longer search goes on with the next part. */
const MAX_LOOKED_AT = 5000
const FEWEST_AT_ONCE = 50
const MAX_LIMIT = 500

/** How a list in parts is read. */
export interface ListSource<T> {
  /** The sorted set: ids by place. */
  readonly index: string
  /** In the order of the ids; undefined for one that is gone. */
  readonly load: (ids: readonly string[]) => Promise<readonly (T | undefined)[]>
  readonly keep: (item: T) => boolean
}

/**
 * One part of a list, newest first. A part may hold fewer than wished although more follow, where the filter matches little.
 * @throws TypeError for a wish that is none, StoreError
 */
export async function pageOf<T>({ link }: StoreAccess, source: ListSource<T>, wish: PageWish): Promise<Page<T>> {
  checkLimit(wish.limit)
  const found: { readonly item: T; readonly place: string }[] = []
  let before = cursorOf(wish.after)
  for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT;) {
    const atOnce = Math.max(FEWEST_AT_ONCE, wish.limit + 1)
    const flat = await link.read('zrange', source.index, before, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, atOnce, 'WITHSCORES') as string[]
    const entries = idsAndPlaces(flat)
    const items = await source.load(entries.map(({ id }) => id))
    for (const [at, item] of items.entries()) {
      if (item !== undefined && source.keep(item)) found.push({ item, place: entries[at]?.place ?? '' })
    }
    if (found.length > wish.limit) return { items: found.slice(0, wish.limit).map(({ item }) => item), next: found[wish.limit - 1]?.place }
    if (entries.length < atOnce) return { items: found.map(({ item }) => item), next: undefined }
    lookedAt += entries.length
    before = `(${entries.at(-1)?.place}`
  }
  return { items: found.map(({ item }) => item), next: before.slice(1) }
}

/** @throws TypeError where it is not 1 to 500 */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw new TypeError(`a part of a list has 1 to ${MAX_LIMIT} items`)
}

function cursorOf(after: string | undefined): string {
  if (after === undefined) return '+inf'
  if (!/^[0-9]{1,16}$/.test(after)) throw new TypeError('a list goes on after what `next` of the part before said')
  return `(${after}`
}

function idsAndPlaces(flat: readonly string[]): readonly { readonly id: string; readonly place: string }[] {
  const entries = []
  for (let at = 0; at + 1 < flat.length; at += 2) entries.push({ id: flat[at] ?? '', place: flat[at + 1] ?? '' })
  return entries
}
