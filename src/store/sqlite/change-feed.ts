import type { Clock } from '../../lib/clock.ts'
import type { Changes, StoreChange } from '../ports/changes.ts'

type Listener = (change: StoreChange) => void

/** The changes that this process makes: the store is one process's, so that there are no others, and none is missed while its thread lives. */
export class ChangeFeed implements Changes {
  readonly #clock: Clock
  readonly #listeners = new Set<{ readonly listener: Listener }>()
  #silentSinceMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  subscribe(listener: Listener): () => void {
    const own = { listener }
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  silentForMs(): number {
    return this.#silentSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#silentSinceMs
  }

  /** To be called for each change, in the order of their commits. */
  tell(change: StoreChange): void {
    for (const { listener } of this.#listeners) tellOne(listener, change)
  }

  /** The store was closed or lost: from now on nothing is heard of it. Idempotent. */
  fallSilent(): void {
    this.#silentSinceMs ??= this.#clock.monotonicMs()
  }
}

/** One that throws keeps neither the others from hearing nor the change from its maker; it is a defect, and ends up where those do. */
function tellOne(listener: Listener, change: StoreChange): void {
  try {
    listener(change)
  } catch (error) {
    queueMicrotask(() => { throw error })
  }
}
