import type { Clock } from '../../lib/clock.ts'

/** Keeps away from what just failed, twice as long each time, with jitter so that several processes do not come back together. */
export class Backoff {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #longestMs: number
  #failures = 0
  #untilMs = -Infinity
  #reason = ''

  constructor(clock: Clock, firstMs: number, longestMs: number) {
    this.#clock = clock
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  get active(): boolean {
    return this.#clock.monotonicMs() < this.#untilMs
  }

  /** Why it failed last. */
  get reason(): string {
    return this.#reason
  }

  /** @param atLeastMs what the upstream asked for, where it did */
  failed(reason: string, atLeastMs: number | undefined): void {
    const longest = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 30)
    this.#reason = reason
    this.#untilMs = this.#clock.monotonicMs() + Math.max(atLeastMs ?? 0, longest * (0.5 + Math.random() / 2))
  }

  reset(): void {
    this.#failures = 0
    this.#untilMs = -Infinity
    this.#reason = ''
  }
}
