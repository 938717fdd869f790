import { BoundedCache } from '../../../lib/bounded-cache.ts'
import type { Clock } from '../../../lib/clock.ts'

interface Bucket {
  left: number
  atMs: number
}

const MAX_PEOPLE = 10_000

/** Lets one person make so many requests at once and so many a second in the long run. */
export class PersonLimiter {
  readonly #buckets = new BoundedCache<Bucket>(MAX_PEOPLE)
  readonly #clock: Clock
  readonly #burst: number
  readonly #perSecond: number

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock
    this.#burst = burst
    this.#perSecond = perSecond
  }

  /** @returns milliseconds to wait, or 0 where the request is within the bound and counted */
  take(person: string): number {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#buckets.get(person) ?? { left: this.#burst, atMs: nowMs }
    const left = Math.min(this.#burst, before.left + ((nowMs - before.atMs) / 1000) * this.#perSecond)
    const waits = left < 1
    this.#buckets.set(person, { left: waits ? left : left - 1, atMs: nowMs })
    return waits ? ((1 - left) / this.#perSecond) * 1000 : 0
  }
}
