import { systemClock, type Clock } from '../../../src/lib/clock.ts'
import { systemTimers, type Cancel, type Timers } from '../../../src/lib/timers.ts'

interface Armed {
  readonly dueMs: number
  readonly run: () => void
}

/** The machine's own time, which the test can put ahead: what falls due on the way runs then. */
export class TravelTime implements Clock, Timers {
  #aheadMs = 0
  readonly #armed = new Set<Armed>()

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs
  }

  after(delayMs: number, work: () => void): Cancel {
    const armed: Armed = {
      dueMs: this.monotonicMs() + delayMs,
      run: () => {
        cancel()
        if (this.#armed.delete(armed)) work()
      },
    }
    const cancel = systemTimers.after(delayMs, armed.run)
    this.#armed.add(armed)
    return () => {
      cancel()
      this.#armed.delete(armed)
    }
  }

  advance(ms: number): void {
    this.#aheadMs += ms
    const nowMs = this.monotonicMs()
    for (const { run } of [...this.#armed].filter(({ dueMs }) => dueMs <= nowMs).toSorted((a, b) => a.dueMs - b.dueMs)) run()
  }
}
