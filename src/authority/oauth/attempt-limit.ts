import type { Clock } from '../../lib/clock.ts'
import { BoundedCache } from '../../lib/bounded-cache.ts'

interface Attempts {
  readonly sinceMs: number
  readonly count: number
}

/** How often something may fail in a while, by name; the name is forgotten with its time. */
export class AttemptLimit {
  readonly #clock: Clock
  readonly #most: number
  readonly #withinMs: number
  readonly #byName: BoundedCache<Attempts>

  constructor(clock: Clock, most: number, withinMs: number, maxNames = 10_000) {
    this.#clock = clock
    this.#most = most
    this.#withinMs = withinMs
    this.#byName = new BoundedCache(maxNames)
  }

  /** Whether another attempt may be made. */
  allows(name: string): boolean {
    return this.#current(name).count < this.#most
  }

  failed(name: string): void {
    const { sinceMs, count } = this.#current(name)
    this.#byName.set(name, { sinceMs, count: count + 1 })
  }

  #current(name: string): Attempts {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#byName.get(name)
    return known !== undefined && nowMs - known.sinceMs < this.#withinMs ? known : { sinceMs: nowMs, count: 0 }
  }
}
