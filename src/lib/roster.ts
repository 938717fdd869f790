/**
 * What is present at the moment, where members come and go with every request.
 * A `Set` rebuilds its table as members leave, and each outgrown table, once the collector has moved it to the old generation, keeps
 * what it last held alive until the next full collection: at thousands a second that was most of the collector's work.
 */
export class Roster<T extends object> implements Iterable<T> {
  readonly #places: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#places.length - this.#free.length
  }

  /** @returns the member's place, by which it leaves */
  add(member: T): number {
    const place = this.#free.pop() ?? this.#places.length
    this.#places[place] = member
    return place
  }

  /** To be called once for each `add`; a second call is passed over. */
  delete(place: number): void {
    if (this.#places[place] === undefined) return
    this.#places[place] = undefined
    this.#free.push(place)
  }

  /** Members that leave or come meanwhile may or may not be seen. */
  *[Symbol.iterator](): Iterator<T> {
    for (const member of this.#places) if (member !== undefined) yield member
  }
}
