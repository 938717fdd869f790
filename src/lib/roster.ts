/**
 * What is present at the moment, where members come and go with every request.
 * A `Set` rebuilds its table as members leave, and each outgrown table, once the collector has moved it to the old generation, keeps
 * what it last held alive until the next full collection: at thousands a second that was most of the collector's work.
 */
export class Roster<T extends object> implements Iterable<T> {
  /** Place 0. A connection seldom has a second member, and there are many connections: lists are made when there is one. */
  #first: T | undefined
  /** Place n is at n - 1. */
  #others: (T | undefined)[] | undefined
  #free: number[] | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @returns the member's place, by which it leaves */
  add(member: T): number {
    this.#size += 1
    if (this.#first === undefined) {
      this.#first = member
      return 0
    }
    const others = (this.#others ??= [])
    const place = this.#free?.pop() ?? others.length + 1
    others[place - 1] = member
    return place
  }

  /** To be called once for each `add`; a second call is passed over. */
  delete(place: number): void {
    if (place === 0) {
      if (this.#first === undefined) return
      this.#first = undefined
    } else {
      if (this.#others?.[place - 1] === undefined) return
      this.#others[place - 1] = undefined
      const free = (this.#free ??= [])
      free.push(place)
    }
    this.#size -= 1
  }

  /** Members that leave or come meanwhile may or may not be seen. */
  *[Symbol.iterator](): Iterator<T> {
    if (this.#first !== undefined) yield this.#first
    if (this.#others !== undefined) for (const member of this.#others) if (member !== undefined) yield member
  }
}
