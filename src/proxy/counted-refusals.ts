import type { AuditEvent } from '../audit/event.ts'
import type { Clock } from '../lib/clock.ts'
import type { Timers } from '../lib/timers.ts'
import type { Code } from '../model/codes.ts'

export interface CountedRefusalsOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly post: (event: AuditEvent) => void
  /** Recorded one by one in each window; beyond it they are counted. */
  readonly perWindow?: number
  readonly windowMs?: number
}

/** All of one agent's, or of nobody's, with the same code. */
interface Counted {
  /** Undefined where nobody was identified. */
  readonly agent: AuditEvent['agent']
  readonly code: Code
  count: number
}

/** A refusal that anybody could have again and again at no cost. */
export type RefusalEvent = AuditEvent & { readonly code: Code }

const PER_WINDOW = 100
const WINDOW_MS = 1_000

/**
 * Records refusals that can be had without end: of requests that nobody was identified for, and of requests that were shed. Each second's
 * first hundred stand in the audit whole, the rest as one record an agent and code with their number, so that nobody can fill the disk by being
 * refused, which would stop everybody's calls.
 */
export class CountedRefusals {
  readonly #options: CountedRefusalsOptions
  readonly #perWindow: number
  readonly #windowMs: number
  readonly #counted = new Map<string, Counted>()
  #windowEndsMs = -Infinity
  #inWindow = 0

  constructor(options: CountedRefusalsOptions) {
    this.#options = options
    this.#perWindow = options.perWindow ?? PER_WINDOW
    this.#windowMs = options.windowMs ?? WINDOW_MS
  }

  post(event: RefusalEvent): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs >= this.#windowEndsMs) {
      this.flush()
      this.#windowEndsMs = nowMs + this.#windowMs
      this.#inWindow = 0
    }
    this.#inWindow += 1
    if (this.#inWindow <= this.#perWindow) return this.#options.post(event)
    if (this.#counted.size === 0) this.#options.timers.after(this.#windowEndsMs - nowMs, () => this.flush())
    this.#count(event)
  }

  /** Records what was only counted so far. */
  flush(): void {
    for (const { agent, code, count } of this.#counted.values()) {
      const whose = agent === undefined ? 'of requests that nobody was identified for' : 'of this agent’s requests'
      this.#options.post({
        event: 'api.denied', agent, outcome: 'denied', code, count,
        reason: `${count} more refusals within a second ${whose}; after the first ${this.#perWindow} they are counted`,
      })
    }
    this.#counted.clear()
  }

  #count({ agent, code }: RefusalEvent): void {
    const key = `${agent?.id ?? ''} ${code}`
    const known = this.#counted.get(key)
    if (known === undefined) this.#counted.set(key, { agent, code, count: 1 })
    else known.count += 1
  }
}
