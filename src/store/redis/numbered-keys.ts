/** The keys of a script, each once, known to its arguments by number from one on. */
export class NumberedKeys {
  readonly #keys: string[]
  readonly #numbers: Map<string, number>

  /** @param first those that the script knows by their place */
  constructor(...first: readonly string[]) {
    this.#keys = [...first]
    this.#numbers = new Map(first.map((key, at) => [key, at + 1]))
  }

  get all(): readonly string[] {
    return this.#keys
  }

  numberOf(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#keys.push(key)
    this.#numbers.set(key, number)
    return number
  }
}
