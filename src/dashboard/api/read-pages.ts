import type { Api, Query } from './client.ts'

/** One part of a list, as the API answers it. */
export interface ListAnswer<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** The first so many of a list. */
export interface Listed<T> {
  readonly items: readonly T[]
  /** Whether there are more than were asked for. */
  readonly hasMore: boolean
}

/** The API answers no more at once. */
const MAX_PAGE = 500

/** Reads the first `wanted` items of a list, or all where there are fewer. @throws ApiError */
export async function readPages<T>(api: Pick<Api, 'get'>, path: string, { query = {}, wanted, signal }: { readonly query?: Query; readonly wanted: number; readonly signal?: AbortSignal }): Promise<Listed<T>> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page: ListAnswer<T> = await api.get(path, { query: { ...query, limit: Math.min(MAX_PAGE, wanted - items.length), after }, signal })
    items.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined && items.length < wanted)
  return { items, hasMore: after !== undefined }
}
