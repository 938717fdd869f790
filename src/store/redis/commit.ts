/** What Redis is asked to change in one script: guards that must hold, and operations that are then carried out together. */
export class Commit {
  readonly #keys: string[] = []
  readonly #indexOf = new Map<string, number>()
  readonly #guards: (string | number)[] = []
  #guardCount = 0
  readonly #operations: (string | number)[] = []

  /** The record still has this revision; undefined for: there is none. */
  requireRevision(key: string, revision: string | undefined): this {
    return this.#require('rev', key, revision)
  }

  /** The plain key still holds this; undefined for: it is not there. */
  requireValue(key: string, value: string | undefined): this {
    return this.#require('value', key, value)
  }

  /** One Redis command whose first argument is a key, or `ZADDNEXT`, `DELIF`, `PEXPIREMAX` (see `COMMIT`). */
  add(command: string, key: string, ...given: readonly (string | number)[]): this {
    this.#operations.push(given.length, command, this.#key(key), ...given)
    return this
  }

  /** As the script takes it: the number of keys, the keys, the arguments. @param places the key that counts places */
  toArguments(places: string): readonly (string | number)[] {
    return [this.#keys.length + 1, places, ...this.#keys, this.#guardCount, ...this.#guards, ...this.#operations]
  }

  #require(kind: string, key: string, expected: string | undefined): this {
    this.#guards.push(kind, this.#key(key), expected ?? '')
    this.#guardCount++
    return this
  }

  #key(key: string): number {
    const known = this.#indexOf.get(key)
    if (known !== undefined) return known
    // The script counts from one, and its first key is the counter of places.
    const index = this.#keys.push(key) + 1
    this.#indexOf.set(key, index)
    return index
  }
}
