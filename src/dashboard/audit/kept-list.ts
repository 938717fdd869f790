import type { RecordList } from './record-list.ts'
import type { ListPlace } from './timeline.tsx'

/** A list as it was when a record was opened from it. */
export interface KeptList {
  /** The timeline's address. */
  readonly href: string
  readonly list: RecordList
  readonly place: ListPlace
}

let kept: KeptList | undefined

/** Keeps one list for whoever comes back from a record; the one that was kept before ends. */
export function keepList(next: KeptList): void {
  if (kept !== undefined && kept.list !== next.list) kept.list.close()
  kept = next
}

/** The list of this address, where the reader just comes back to it. It is handed out once. */
export function takeKeptList(href: string): KeptList | undefined {
  const found = kept?.href === href ? kept : undefined
  if (found === undefined) kept?.list.close()
  kept = undefined
  return found
}

/** Whether this list waits for somebody to come back. */
export function isKept(list: RecordList): boolean {
  return kept?.list === list
}

/** Forgets the list that is kept: its reader went elsewhere. */
export function forgetList(): void {
  kept?.list.close()
  kept = undefined
}

/** Where the way back leads. */
export function timelineHref(): string {
  return kept?.href ?? '/audit'
}
