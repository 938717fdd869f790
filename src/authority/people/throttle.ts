import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'

interface Window {
  readonly startedAtMs: number
  count: number
}

/** Addresses remembered; who is beyond begins anew. */
const MOST_KEYS = 10_000

/** Counts per key in windows of a fixed length. In this process alone: a brake, not a lock. */
export class Throttle {
  readonly #windows = new BoundedCache<Window>(MOST_KEYS)
  readonly #clock: Clock
  readonly #limit: number
  readonly #windowMs: number

  constructor(clock: Clock, limit: number, windowMs: number) {
    this.#clock = clock
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** Counts one. @returns false where that is one too many */
  take(key: string): boolean {
    const window = this.#current(key)
    window.count += 1
    return window.count <= this.#limit
  }

  #current(key: string): Window {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#windows.get(key)
    if (known !== undefined && nowMs - known.startedAtMs < this.#windowMs) return known
    const window = { startedAtMs: nowMs, count: 0 }
    this.#windows.set(key, window)
    return window
  }
}
