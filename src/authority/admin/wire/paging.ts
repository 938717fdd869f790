import { z } from '@hono/zod-openapi'
import type { Page, PageWish } from '../../../store/ports/page.ts'

/** Which part of a list is wanted. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(500).default(50).openapi({ description: 'at most this many' }),
  after: z.string().max(512).regex(/^[\x21-\x7e]+$/).optional().openapi({ description: 'what `next` of the part before said' }),
}

/** The list's shape around what it holds. */
export const pageOf = <T extends z.ZodType>(name: string, item: T) => z.object({
  items: z.array(item),
  next: z.string().nullable().openapi({ description: '`after` of the next part; null where this was the last' }),
}).openapi(name)

/** The store's page, each item as it is answered. */
export function pageView<T, V>(page: Page<T>, view: (item: T) => V): { items: V[]; next: string | null } {
  return { items: page.items.map(view), next: page.next ?? null }
}

/**
 * One part of a list that is at hand as a whole.
 * @param all in an order that stays; `keyOf` tells each item's place, and each has another
 */
export function cut<T>(all: readonly T[], keyOf: (item: T) => string, { limit, after }: PageWish): Page<T> {
  const from = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1
  // What the mark named is gone: to begin anew shows items twice, which is better than to hide some.
  const items = all.slice(from, from + limit)
  const last = items.at(-1)
  return { items, next: last === undefined || from + limit >= all.length ? undefined : keyOf(last) }
}
