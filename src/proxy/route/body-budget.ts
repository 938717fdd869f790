/** Room for one body. */
export interface BodyShare {
  /** The body turned out to be no larger than this: the rest is given back. */
  keep(bytes: number): void
  /** Gives everything back; once and for all. */
  release(): void
}

/**
 * Bounds the memory that bodies under inspection take together, so that many clients at once cannot exhaust it, and each owner's part of
 * it, so that one that sends slowly keeps nobody else waiting.
 */
export class BodyBudget {
  readonly #maxBytes: number
  readonly #maxBytesPerOwner: number
  readonly #takenBytesOf = new Map<string, number>()
  #takenBytes = 0

  constructor(maxBytes: number, maxBytesPerOwner: number) {
    this.#maxBytes = maxBytes
    this.#maxBytesPerOwner = maxBytesPerOwner
  }

  /** @returns undefined where there is no room, in all or for this owner */
  take(owner: string, bytes: number): BodyShare | undefined {
    if (this.#takenBytes + bytes > this.#maxBytes || this.#takenBy(owner) + bytes > this.#maxBytesPerOwner) return undefined
    let held = 0
    const hold = (wanted: number): void => {
      this.#add(owner, wanted - held)
      held = wanted
    }
    hold(bytes)
    return { keep: (kept) => { if (kept < held) hold(kept) }, release: () => hold(0) }
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  #takenBy(owner: string): number {
    return this.#takenBytesOf.get(owner) ?? 0
  }

  #add(owner: string, bytes: number): void {
    this.#takenBytes += bytes
    const taken = this.#takenBy(owner) + bytes
    if (taken === 0) this.#takenBytesOf.delete(owner)
    else this.#takenBytesOf.set(owner, taken)
  }
}
