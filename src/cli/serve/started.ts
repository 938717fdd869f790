import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'

type Close = () => Promise<void> | void

/** Longer than any of them takes that is not stuck: on a disk that hangs, or an upstream that does not answer. */
const LONGEST_MS = 5_000

/** What has been started, ended in the opposite order. Each gets its turn and its time, whatever became of those before it. */
export class Started {
  readonly #closers: { readonly close: Close; readonly limitMs: number }[] = []
  readonly #timers: Timers
  readonly #onFailure: (error: unknown) => void
  #ending: Promise<void> | undefined

  /** @param onFailure told of everything that did not end cleanly, or not in time */
  constructor(timers: Timers, onFailure: (error: unknown) => void) {
    this.#timers = timers
    this.#onFailure = onFailure
  }

  /** @param limitMs what is stuck longer is left behind */
  add(close: Close, limitMs = LONGEST_MS): void {
    this.#closers.push({ close, limitMs })
  }

  /** To be ended after everything else. */
  addFirst(close: Close): void {
    this.#closers.unshift({ close, limitMs: LONGEST_MS })
  }

  /** Idempotent. @throws the first failure, once everything had its turn: an audit that could not be flushed is no clean end */
  closeAll(): Promise<void> {
    this.#ending ??= this.#closeInOrder()
    return this.#ending
  }

  async #closeInOrder(): Promise<void> {
    const failures: unknown[] = []
    for (const { close, limitMs } of this.#closers.splice(0).toReversed()) {
      try {
        await within(this.#timers, limitMs, async () => close(), () => new Error(`something that was to end did not within ${limitMs} ms`))
      } catch (error) {
        failures.push(error)
        this.#onFailure(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
