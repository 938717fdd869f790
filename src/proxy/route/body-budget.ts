/** Bounds the memory that bodies under inspection take together, so that many clients at once cannot exhaust it. */
export class BodyBudget {
  readonly #maxBytes: number
  #takenBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns the function that gives the bytes back, to be called once; undefined where there is no room */
  take(bytes: number): (() => void) | undefined {
    if (this.#takenBytes + bytes > this.#maxBytes) return undefined
    this.#takenBytes += bytes
    return () => {
      this.#takenBytes -= bytes
    }
  }

  get takenBytes(): number {
    return this.#takenBytes
  }
}
