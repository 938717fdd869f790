import type { Timers } from '../lib/timers.ts'
import type { UpstreamSettings } from './upstream-settings.ts'

const LONGEST_SWEEP_MS = 1_000
const SHORTEST_SWEEP_MS = 10

/** One timer for all bounds on time of an origin, in place of several a request: whoever moves notes the count, and is looked at now and then. */
export class Sweeps {
  /** Counts up a few times a second: what passes for time. */
  count = 0
  readonly #timers: Timers
  readonly #everyMs: number
  readonly #look: () => boolean
  #begun = false

  /** @param look checks everything once. @returns whether there is anything left to look at */
  constructor(settings: UpstreamSettings, timers: Timers, look: () => boolean) {
    const { headersTimeoutMs, keepAliveMs, bodyIdleTimeoutMs, totalTimeoutMs } = settings
    const shortest = Math.min(headersTimeoutMs, keepAliveMs, bodyIdleTimeoutMs || Infinity, totalTimeoutMs || Infinity)
    this.#everyMs = Math.max(SHORTEST_SWEEP_MS, Math.min(LONGEST_SWEEP_MS, shortest / 8))
    this.#timers = timers
    this.#look = look
  }

  /** To be called whenever there is something to look at; idle ones cost nothing. */
  begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#timers.after(this.#everyMs, () => this.#onSweep())
  }

  /** How long it is since then, in milliseconds, to within one sweep. */
  since(count: number): number {
    return (this.count - count) * this.#everyMs
  }

  #onSweep(): void {
    this.count += 1
    this.#begun = false
    if (this.#look()) this.begin()
  }
}
