import type { Clock } from '../../src/lib/clock.ts'
import type { Cancel, Timers } from '../../src/lib/timers.ts'

interface Armed {
  readonly dueMs: number
  readonly order: number
  readonly work: () => void
}

/** Lets everything that waits for no timer come to rest. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** How work that has to fail fails; listened to from now on, looked at later. */
export function failureOf(work: unknown): Promise<unknown> {
  return Promise.resolve(work).then(() => { throw new Error('it did not fail') }, (error: unknown) => error)
}

/** A clock and its timers, moved by the test alone. */
export class ManualTime implements Clock, Timers {
  #nowMs = Date.UTC(2026, 10, 21, 9, 32, 14)
  #order = 0
  readonly #armed = new Set<Armed>()

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs - 1_000_000
  }

  after(delayMs: number, work: () => void): Cancel {
    const armed = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, work }
    this.#armed.add(armed)
    return () => this.#armed.delete(armed)
  }

  /** Timers that have neither run nor been taken back. */
  get pending(): number {
    return this.#armed.size
  }

  /** Runs what falls due on the way, each at its own time, and lets it come to rest before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#armed.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.work()
      await settled()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Armed | undefined {
    const due = [...this.#armed].filter(({ dueMs }) => dueMs <= untilMs)
    return due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0]
  }
}
