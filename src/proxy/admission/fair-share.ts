/** Why there was no place: the owner's own bound, more than its share of what is scarce, or nothing left at all. */
export type Shortage = 'own' | 'share' | 'full'

/** An owner may take up to so many times of what is free. */
const SHARE_OF_FREE = 4

/**
 * A bound that owners share so that whoever uses most is refused first, by a threshold that moves with what is free: an owner gets one more
 * while it has less than four times of that. Owners that want more than there is settle at the same level, one with less is served,
 * and there is always something left for who comes next: one greedy owner ends at 80 % of all, ten together at 98 %.
 * O(1), and nothing is kept of anybody: the owner says what it has.
 * @see Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet Switches, 1998
 */
export class FairShare {
  readonly #capacity: number
  readonly #perOwner: number
  #taken = 0

  constructor(capacity: number, perOwner: number) {
    this.#capacity = capacity
    this.#perOwner = perOwner
  }

  get taken(): number {
    return this.#taken
  }

  /**
   * Takes one place. Whoever gets one gives it back exactly once.
   * @param own what this owner has already
   * @returns undefined where it was taken
   */
  take(own: number): Shortage | undefined {
    const shortage = this.shortage(own)
    if (shortage === undefined) this.#taken += 1
    return shortage
  }

  /** What `take` would say. */
  shortage(own: number): Shortage | undefined {
    const free = this.#capacity - this.#taken
    if (free <= 0) return 'full'
    if (own >= this.#perOwner) return 'own'
    return own >= SHARE_OF_FREE * free ? 'share' : undefined
  }

  giveBack(): void {
    if (this.#taken === 0) throw new TypeError('a place was given back that nobody had')
    this.#taken -= 1
  }
}
