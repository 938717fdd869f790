import type { Revoked } from '../../sync/contract.ts'

/** Who is told what was taken back. */
export class Subscribers {
  readonly #listeners = new Set<(revoked: Revoked) => number | void>()
  readonly #onError: (error: unknown) => void

  /** @param onError told of a subscriber that throws; the others are still told of the revocation */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** @returns the unsubscribe function */
  add(listener: (revoked: Revoked) => number | void): () => void {
    const own = (revoked: Revoked): number | void => listener(revoked)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Tells everybody before it returns. @returns how many open streams they cut */
  tell(revoked: Revoked): number {
    let cut = 0
    // A copy: who subscribes while being told is told of the next one.
    for (const listener of Array.from(this.#listeners)) {
      try {
        cut += listener(revoked) ?? 0
      } catch (error) {
        this.#onError(error)
      }
    }
    return cut
  }
}
