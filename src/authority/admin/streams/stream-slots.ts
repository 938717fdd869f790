import type { PersonId } from '../../../model/ids.ts'

const PER_PERSON = 4
const IN_ALL = 100

/** How many of what takes long may be open: of exports and live views, unless other bounds are given. */
export class StreamSlots {
  readonly #perPerson: number
  readonly #inAll: number
  readonly #open = new Map<PersonId, number>()
  #all = 0

  constructor(perPerson = PER_PERSON, inAll = IN_ALL) {
    this.#perPerson = perPerson
    this.#inAll = inAll
  }

  /** @returns the function that gives the slot back (once), or undefined where there is none left */
  take(person: PersonId): (() => void) | undefined {
    const own = this.#open.get(person) ?? 0
    if (own >= this.#perPerson || this.#all >= this.#inAll) return undefined
    this.#open.set(person, own + 1)
    this.#all += 1
    let given = false
    return () => {
      if (given) return
      given = true
      this.#all -= 1
      const left = (this.#open.get(person) ?? 1) - 1
      if (left === 0) this.#open.delete(person)
      else this.#open.set(person, left)
    }
  }
}
