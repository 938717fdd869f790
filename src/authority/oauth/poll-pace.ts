import { createHash } from 'node:crypto'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'

const MAX_CODES = 10_000
/** What a poll may come early: timers and networks are not exact. */
const TOLERANCE_MS = 500
const SLOWER_BY_MS = 5_000

interface Pace {
  readonly lastMs: number
  readonly intervalMs: number
}

/** How often a device may ask (RFC 8628 section 3.5): who asks too early is told to slow down, and has to wait longer from then on. */
export class PollPace {
  readonly intervalMs: number
  readonly #clock: Clock
  readonly #byCode = new BoundedCache<Pace>(MAX_CODES)

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.intervalMs = intervalMs
  }

  /** Notes a poll. @returns whether it came too early */
  tooEarly(deviceCode: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const key = createHash('sha256').update(deviceCode).digest('base64url')
    const known = this.#byCode.get(key)
    const early = known !== undefined && nowMs - known.lastMs < known.intervalMs - TOLERANCE_MS
    const intervalMs = (known?.intervalMs ?? this.intervalMs) + (early ? SLOWER_BY_MS : 0)
    this.#byCode.set(key, { lastMs: nowMs, intervalMs })
    return early
  }
}
