import type { AuditEvent } from '../../../audit/event.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Timers } from '../../../lib/timers.ts'
import type { Code } from '../../../model/codes.ts'

export interface DeniedRecordsDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly post: (event: AuditEvent) => void
}

/** A refusal of the admin API, as it goes on record. */
export type DeniedEvent = AuditEvent & { readonly code: Code }

const PER_WINDOW = 50
const WINDOW_MS = 1_000

/**
 * Records refusals of the admin API. Whoever reaches the port can cause them without end: each second's first fifty stand in the audit whole,
 * the rest as one record a code with their number, so that nobody can fill the disk.
 */
export class DeniedRecords {
  readonly #deps: DeniedRecordsDeps
  readonly #counted = new Map<Code, number>()
  #windowEndsMs = -Infinity
  #inWindow = 0

  constructor(deps: DeniedRecordsDeps) {
    this.#deps = deps
  }

  post(event: DeniedEvent): void {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs >= this.#windowEndsMs) this.#begin(nowMs)
    this.#inWindow += 1
    if (this.#inWindow <= PER_WINDOW) return this.#deps.post(event)
    if (this.#counted.size === 0) this.#deps.timers.after(this.#windowEndsMs - nowMs, () => this.flush())
    this.#counted.set(event.code, (this.#counted.get(event.code) ?? 0) + 1)
  }

  /** Records what was only counted so far. */
  flush(): void {
    for (const [code, count] of this.#counted) {
      const reason = `${count} more refusals of the admin API within a second; after the first ${PER_WINDOW} they are counted`
      this.#deps.post({ event: 'admin.denied', outcome: 'denied', code, count, reason })
    }
    this.#counted.clear()
  }

  #begin(nowMs: number): void {
    this.flush()
    this.#windowEndsMs = nowMs + WINDOW_MS
    this.#inWindow = 0
  }
}
