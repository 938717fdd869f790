import type { Secret } from '../../../src/lib/secret.ts'
import type { AgentId, PersonId } from '../../../src/model/ids.ts'
import type { StoreChange } from '../../../src/store/ports/changes.ts'
import type { Store } from '../../../src/store/ports/store.ts'

/** A store under test; the maker closes whatever it opened when the test has finished. */
export interface StoreUnderTest {
  readonly store: Store
  /** Wall clock and monotonic time of all that is opened; begins at 1,000,000 and stands still. */
  readonly clock: { now: number }
  /** Opens the same data once more, as another process would, while the first may still be open. */
  reopen(keys?: readonly [Secret, ...Secret[]]): Promise<Store>
  /** All that a thief of the disk would have. */
  stolen(): Promise<Buffer>
}

export type OpenStore = () => Promise<StoreUnderTest>

/** The key that a store under test is opened with, and another. */
export const KEYS = ['a1'.repeat(31) + '00', 'b2'.repeat(31) + '00', 'c3'.repeat(31) + '00'] as const

export const REVIEWER = 'agent:pr-reviewer' as AgentId
export const TRIAGE = 'agent:issue-triage' as AgentId
export const ALICE = 'user:alice@acme.com' as PersonId
export const BOB = 'user:bob@acme.com' as PersonId

/** What is told while something runs. */
export async function changesDuring(store: Store, run: () => Promise<unknown>): Promise<readonly StoreChange[]> {
  const told: StoreChange[] = []
  const unsubscribe = store.changes.subscribe((change) => told.push(change))
  await run()
  unsubscribe()
  return told
}

/** All items of a list that is given in parts. */
export async function allPages<T>(page: (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>): Promise<readonly T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const part = await page(after)
    items.push(...part.items)
    after = part.next
  } while (after !== undefined && items.length < 10_000)
  return items
}
