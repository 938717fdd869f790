import type { Clock } from '../../lib/clock.ts'
import type { RateLimit } from '../../model/decision.ts'

/** The limit that is reached, and when it may be tried again. */
export interface LimitReached {
  readonly limit: RateLimit
  readonly retryAfterMs: number
}

/** A sliding window: this window's count, and the last one's, weighted by how much of it still counts. */
interface Window {
  readonly perMs: number
  /** It is not counted by any more. */
  dropped: boolean
  startMs: number
  count: number
  previous: number
}

const MAX_KEYS = 20_000

/**
 * Counts requests against the limits of allowing rules, on the monotonic clock.
 * Memory is bounded: a window that has passed carries nothing and is dropped; where all still count, a new key is refused
 * rather than an old one forgotten, since forgetting would let requests through.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #maxKeys: number
  readonly #windows = new Map<string, Window>()
  /** Decisions that are used again name their limits by the very same objects. */
  readonly #ofLimit = new WeakMap<RateLimit, Window>()

  constructor(clock: Clock, maxKeys = MAX_KEYS) {
    this.#clock = clock
    this.#maxKeys = maxKeys
  }

  /** Counts one request against every limit, or against none where one is reached. */
  take(limits: readonly RateLimit[]): LimitReached | undefined {
    if (limits.length === 0) return undefined
    const nowMs = this.#clock.monotonicMs()
    const windows: Window[] = []
    for (const limit of limits) {
      const window = this.#windowOf(limit, nowMs)
      if (window === undefined) return { limit, retryAfterMs: limit.perMs }
      const retryAfterMs = waitFor(window, limit, nowMs)
      if (retryAfterMs > 0) return { limit, retryAfterMs }
      windows.push(window)
    }
    for (const window of windows) window.count += 1
    return undefined
  }

  #windowOf(limit: RateLimit, nowMs: number): Window | undefined {
    const latest = this.#ofLimit.get(limit)
    if (latest !== undefined && !latest.dropped) return advance(latest, nowMs)
    const window = this.#windowByKey(`${limit.key} ${limit.perMs}`, limit, nowMs)
    if (window !== undefined) this.#ofLimit.set(limit, window)
    return window
  }

  #windowByKey(key: string, limit: RateLimit, nowMs: number): Window | undefined {
    const known = this.#windows.get(key)
    if (known !== undefined) return advance(known, nowMs)
    if (this.#windows.size >= this.#maxKeys) this.#dropPassed(nowMs)
    if (this.#windows.size >= this.#maxKeys) return undefined
    const window: Window = { perMs: limit.perMs, dropped: false, startMs: nowMs, count: 0, previous: 0 }
    this.#windows.set(key, window)
    return window
  }

  #dropPassed(nowMs: number): void {
    for (const [key, window] of this.#windows) {
      if (nowMs - window.startMs < 2 * window.perMs) continue
      this.#windows.delete(key)
      window.dropped = true
    }
  }
}

function advance(window: Window, nowMs: number): Window {
  const passed = Math.floor((nowMs - window.startMs) / window.perMs)
  if (passed >= 1) {
    window.previous = passed === 1 ? window.count : 0
    window.count = 0
    window.startMs += passed * window.perMs
  }
  return window
}

/** How long until one more request fits; 0 where it fits now. */
function waitFor(window: Window, { requests, perMs }: RateLimit, nowMs: number): number {
  const elapsedMs = nowMs - window.startMs
  const weighted = window.previous * (1 - elapsedMs / perMs) + window.count
  if (weighted + 1 <= requests) return 0
  const room = requests - 1 - window.count
  // In this window once enough of the last one has slid out, else in the next once enough of this one has.
  const waitMs = room >= 0 && window.previous > 0
    ? perMs * (1 - room / window.previous) - elapsedMs
    : perMs - elapsedMs + perMs * (1 - (requests - 1) / Math.max(window.count, 1))
  return Math.max(1, Math.ceil(waitMs))
}
