const FIRST_MS = 200
const BETWEEN_MS = 700
const MAX_TRIES = 6

/**
 * Told that something new was written, it looks for it in the searchable copy, which is a little behind: soon, not more often than about once a
 * second, and again where the one that rang is not there yet.
 */
export class Doorbell {
  readonly #look: (id: string | undefined) => Promise<boolean>
  #timer: ReturnType<typeof setTimeout> | undefined
  #id: string | undefined
  #tries = 0
  #isLooking = false
  #rangAgain = false
  #closed = false

  /** @param look whether the record of this id was found; a failure counts as not */
  constructor(look: (id: string | undefined) => Promise<boolean>) {
    this.#look = look
  }

  /** @param id of the record that was written, where one was */
  ring(id?: string): void {
    this.#id = id ?? this.#id
    this.#tries = 0
    if (this.#isLooking) this.#rangAgain = true
    else this.#later(FIRST_MS)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #later(ms: number): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => { this.#timer = undefined; void this.#answer() }, ms)
  }

  async #answer(): Promise<void> {
    const id = this.#id
    this.#isLooking = true
    this.#rangAgain = false
    const found = await this.#look(id).catch(() => false)
    this.#isLooking = false
    this.#tries += 1
    if (found && this.#id === id) this.#id = undefined
    if (this.#rangAgain || (!found && this.#tries < MAX_TRIES)) this.#later(BETWEEN_MS)
  }
}
