/** Bytes of long bodies in one turn of the event loop, over all of them: about two milliseconds of TLS. */
const TURN_BYTES = 1_048_576
/** What one read of a socket brings at most. */
const READ_BYTES = 65_536
/** A body is long from here on: what is shorter is neither counted nor held. */
export const LONG_BODY_BYTES = 262_144

/**
 * Shares out each turn of the event loop among bodies that are long, so that a hundred of them do not stand between another call and each
 * of its own turns. Who is over waits for a later turn, owners one after another and not body by body: more bodies do not bring more.
 * Nothing is slower for it where there is nobody else: what is held is what would have been done in the same turn.
 */
export class TurnShares {
  readonly #waiting = new Map<object, (() => void)[]>()
  #left = TURN_BYTES
  #scheduled = false

  /**
   * A long body moved so many bytes.
   * @param owner whose body it is
   * @param goOn called in a later turn, once, where this returns false
   * @returns whether the body may go on at once
   */
  take(owner: object, bytes: number, goOn: () => void): boolean {
    this.#left -= bytes
    this.#schedule()
    if (this.#left > 0) return true
    const others = this.#waiting.get(owner)
    if (others === undefined) this.#waiting.set(owner, [goOn])
    else others.push(goOn)
    return false
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#onTurn())
  }

  /** As many go on as can be expected to fill a turn, which leaves nothing of it for those who did not wait: they wait next. */
  #onTurn(): void {
    this.#scheduled = false
    this.#left = TURN_BYTES
    while (this.#left > 0 && this.#waiting.size > 0) {
      this.#left -= READ_BYTES
      this.#next()?.()
    }
    if (this.#waiting.size > 0) this.#schedule()
  }

  #next(): (() => void) | undefined {
    for (const [owner, bodies] of this.#waiting) {
      const goOn = bodies.shift()
      // To the end of the line, behind every other owner.
      this.#waiting.delete(owner)
      if (bodies.length > 0) this.#waiting.set(owner, bodies)
      return goOn
    }
    return undefined
  }
}
