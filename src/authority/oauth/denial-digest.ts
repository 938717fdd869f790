import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { Timers } from '../../lib/timers.ts'

/** For how long refusals of the same kind are gathered. */
const WINDOW_MS = 10_000

/**
 * Puts refusals on record without letting whoever is refused fill the disk: the first of its kind at once, those that follow in the same while
 * together, counted. A kind is an agent and a reason, of which there are few.
 */
export class DenialDigest {
  readonly #audit: AuditLog
  readonly #timers: Timers
  readonly #since = new Map<string, number>()

  constructor(audit: AuditLog, timers: Timers) {
    this.#audit = audit
    this.#timers = timers
  }

  post(event: AuditEvent): void {
    const kind = `${event.agent?.id ?? ''} ${event.reason ?? ''}`
    const more = this.#since.get(kind)
    if (more !== undefined) return void this.#since.set(kind, more + 1)
    this.#since.set(kind, 0)
    this.#audit.post(event)
    this.#timers.after(WINDOW_MS, () => this.#flush(kind, event))
  }

  #flush(kind: string, event: AuditEvent): void {
    const count = this.#since.get(kind) ?? 0
    this.#since.delete(kind)
    if (count > 0) this.#audit.post({ ...event, count })
  }
}
