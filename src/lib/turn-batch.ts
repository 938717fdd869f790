/**
 * Gathers what one turn of the event loop brings and handles it back to back once the turn has brought all. Code that runs once after each system
 * call finds nothing of itself in the processor's caches; run for a whole turn's items, each but the first finds it there. Nothing waits longer
 * than for the others of its turn.
 * @see docs/adr/0049-what-a-turn-brings-is-handled-together.md
 */
export class TurnBatch<T> {
  readonly #handle: (item: T) => void
  #items: T[] = []

  /** @param handle should not throw: the others are then handled a turn later */
  constructor(handle: (item: T) => void) {
    this.#handle = handle
  }

  add(item: T): void {
    if (this.#items.push(item) === 1) setImmediate(this.flush)
  }

  /** Handles now what has come so far: for whoever must not be ahead of it. */
  readonly flush = (): void => {
    const items = this.#items
    this.#items = []
    let at = 0
    try {
      while (at < items.length) {
        at += 1
        this.#handle(items[at - 1] as T)
      }
    } finally {
      for (; at < items.length; at += 1) this.add(items[at] as T)
    }
  }
}
