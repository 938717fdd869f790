import type { Clock } from '../../lib/clock.ts'
import type { Changes } from '../../store/ports/changes.ts'

/** The key under which it is pending that everything is read again: what was missed before, nobody knows since when. */
export const EVERYTHING = 'all'

/**
 * For how long the live copy may have been out of date: since nothing is heard of the store, or since the oldest change that is not applied
 * yet. Monotonic, so that a lease is what it says whatever the wall clock does.
 */
export class CopyAge {
  readonly #changes: Pick<Changes, 'silentForMs'>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** By change, when the copy was last complete before it; the oldest first, since that moment never goes back. */
  readonly #pending = new Map<string, number>()
  #completeAtMs: number

  constructor(changes: Pick<Changes, 'silentForMs'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#changes = changes
    this.#clock = clock
    this.#completeAtMs = clock.monotonicMs()
  }

  /** 0 while it is certainly complete. */
  ageMs(): number {
    const nowMs = this.#sampledAtMs()
    // Asked several times a request, and nearly always while nothing is pending.
    const oldest = this.#pending.size === 0 ? undefined : this.#pending.values().next().value
    return nowMs - (oldest ?? this.#completeAtMs)
  }

  /** Remembers how far the copy is complete by now; to be asked often, since a silence that is over does not tell how long it was. */
  sample(): void {
    this.#sampledAtMs()
  }

  /** A change was told and is not applied yet. */
  begin(key: string): void {
    // What was missed was missed since the copy was last seen to be complete, however loud the store is by now.
    if (key !== EVERYTHING) this.sample()
    if (!this.#pending.has(key)) this.#pending.set(key, this.#completeAtMs)
  }

  /** It is applied. */
  end(key: string): void {
    this.#pending.delete(key)
  }

  #sampledAtMs(): number {
    const nowMs = this.#clock.monotonicMs()
    this.#completeAtMs = Math.max(this.#completeAtMs, nowMs - this.#changes.silentForMs())
    return nowMs
  }
}
