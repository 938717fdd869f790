import type { Api, Query } from './client.ts'

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

const PAGE = 500
/** More than a page of the dashboard is meant to hold. */
const MAX_PAGES = 10

/** A whole list, part by part; of very long ones the first 5,000. @throws ApiError */
export async function readAll<T>(api: Api, path: string, { query = {}, signal }: { readonly query?: Query; readonly signal?: AbortSignal }): Promise<readonly T[]> {
  const all: T[] = []
  let after: string | undefined
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page: Page<T> = await api.get<Page<T>>(path, { query: { ...query, limit: PAGE, after }, signal })
    all.push(...page.items)
    if (page.next === null) break
    after = page.next
  }
  return all
}
