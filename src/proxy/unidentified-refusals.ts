import type { AuditEvent } from '../audit/event.ts'
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { Code } from '../model/codes.ts'

export interface UnidentifiedRefusalsOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly post: (event: AuditEvent) => void
  /** Recorded one by one in each window; beyond it they are counted. */
  readonly perWindow?: number
  readonly windowMs?: number
}

const PER_WINDOW = 100
const WINDOW_MS = 1_000

/**
 * Records refusals of requests that nobody was identified for. Whoever reaches the port can make them without end: each second's first hundred stand
 * in the audit whole, the rest as one record a code with their number, so that nobody who shows no proof can fill the disk, which would
 * stop everybody's calls.
 */
export class UnidentifiedRefusals {
  readonly #options: UnidentifiedRefusalsOptions
  readonly #perWindow: number
  readonly #windowMs: number
  readonly #counted = new Map<Code, number>()
  #windowEndsMs = -Infinity
  #inWindow = 0

  constructor(options: UnidentifiedRefusalsOptions) {
    this.#options = options
    this.#perWindow = options.perWindow ?? PER_WINDOW
    this.#windowMs = options.windowMs ?? WINDOW_MS
  }

  post(event: AuditEvent & { readonly code: Code }): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs >= this.#windowEndsMs) {
      this.flush()
      this.#windowEndsMs = nowMs + this.#windowMs
      this.#inWindow = 0
    }
    this.#inWindow += 1
    if (this.#inWindow <= this.#perWindow) return this.#options.post(event)
    if (this.#counted.size === 0) this.#options.timers.after(this.#windowEndsMs - nowMs, () => this.flush())
    this.#counted.set(event.code, (this.#counted.get(event.code) ?? 0) + 1)
  }

  /** Records what was only counted so far. */
  flush(): void {
    for (const [code, count] of this.#counted) {
      this.#options.post({
        event: 'api.denied', outcome: 'denied', code, count,
        reason: `listener: ${count} more refusals within a second of requests that nobody was identified for; after the first ${this.#perWindow} they are counted`,
      })
    }
    this.#counted.clear()
  }
}
