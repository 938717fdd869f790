import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Denial, Fault } from '../../model/denial.ts'
import type { IssuanceLimits } from './issuance-limits.ts'

interface Setback {
  readonly count: number
  readonly untilMs: number
  readonly outcome: Denial | Fault
}

type Limits = Pick<IssuanceLimits, 'firstBackoffMs' | 'longestBackoffMs' | 'denialMemoryMs' | 'forgetFailuresMs' | 'maxCached'>

/**
 * What lately went wrong for an order, so that an upstream that fails or refuses is not asked at every call.
 * Times are monotonic. A success does not clear the count, time does: else an upstream that issues and then refuses what it issued would
 * be asked without end.
 */
export class Setbacks {
  readonly #byKey: BoundedCache<Setback>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #limits: Limits

  /** @param random 0 up to 1, for the jitter */
  constructor(clock: Clock, random: () => number, limits: Limits) {
    this.#byKey = new BoundedCache(limits.maxCached)
    this.#clock = clock
    this.#random = random
    this.#limits = limits
  }

  /** The outcome that stands for this order at the moment, without asking anybody. */
  current(key: string): Denial | Fault | undefined {
    const setback = this.#byKey.get(key)
    return setback !== undefined && this.#clock.monotonicMs() < setback.untilMs ? setback.outcome : undefined
  }

  refused(key: string, denial: Denial): void {
    this.#put(key, this.#countOf(key), denial.retryAfterMs ?? this.#limits.denialMemoryMs, denial)
  }

  failed(key: string, fault: Fault): void {
    const count = this.#countOf(key) + 1
    this.#put(key, count, this.#backoffMs(count), fault)
  }

  /** The upstream refused what it had issued: the first time another may be had at once, then after a pause. */
  rejected(key: string, fault: Fault): void {
    const count = this.#countOf(key) + 1
    this.#put(key, count, count === 1 ? 0 : this.#backoffMs(count - 1), fault)
  }

  #countOf(key: string): number {
    const setback = this.#byKey.get(key)
    const remembered = setback !== undefined && this.#clock.monotonicMs() < setback.untilMs + this.#limits.forgetFailuresMs
    return remembered ? setback.count : 0
  }

  #put(key: string, count: number, pauseMs: number, outcome: Denial | Fault): void {
    const boundedMs = Math.min(pauseMs, this.#limits.longestBackoffMs)
    this.#byKey.set(key, { count, untilMs: this.#clock.monotonicMs() + boundedMs, outcome })
  }

  #backoffMs(count: number): number {
    const fullMs = Math.min(this.#limits.longestBackoffMs, this.#limits.firstBackoffMs * 2 ** Math.min(count - 1, 20))
    return fullMs * (0.5 + this.#random() / 2)
  }
}
