/** Where a record stands. */
export interface RecordPlace {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly seq: number
}

/** Something that began in the log and of which no end is written. */
export interface OpenItem extends RecordPlace {
  /** The exchange's or the credential's id, as it stands in the log. */
  readonly id: string
}

const MAX_ITEMS = 200_000

/** Beginnings that wait for their end; bounded, the oldest is given up for a new one and counted. */
export class OpenItems {
  readonly #items = new Map<string, OpenItem>()
  #givenUp = 0

  begin(id: unknown, place: RecordPlace): void {
    if (typeof id !== 'string') return
    if (this.#items.size >= MAX_ITEMS) this.#giveUpOldest()
    this.#items.set(id, { id, ...place })
  }

  end(id: unknown): void {
    if (typeof id === 'string') this.#items.delete(id)
  }

  list(): readonly OpenItem[] {
    return [...this.#items.values()]
  }

  /** How many more there may be than the list holds. */
  get givenUp(): number {
    return this.#givenUp
  }

  #giveUpOldest(): void {
    for (const oldest of this.#items.keys()) {
      this.#items.delete(oldest)
      this.#givenUp++
      return
    }
  }
}
