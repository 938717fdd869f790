import { StoreError } from '../store-error.ts'

/** Lets a bounded number of calls be under way at once; the others wait for their turn, in order, up to a bound. */
export class Lane {
  readonly #maxInFlight: number
  readonly #maxWaiting: number
  #inFlight = 0
  readonly #waiting: (() => void)[] = []
  readonly #whenIdle: (() => void)[] = []

  constructor(maxInFlight: number, maxWaiting: number) {
    this.#maxInFlight = maxInFlight
    this.#maxWaiting = maxWaiting
  }

  /** @throws StoreError `store_overloaded`, and what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= this.#maxInFlight) await this.#turn()
    else this.#inFlight++
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  /** Resolves once nothing is under way and nothing waits. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => void this.#whenIdle.push(resolve))
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new StoreError('store_overloaded', 'More calls wait for Redis than the store keeps: try again, or add authorities.')
    }
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  /** The one that waits takes the place of the one that leaves: the number under way stays. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) return next()
    this.#inFlight--
    if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}
