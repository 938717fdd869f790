const MAX_VALUES = 100_000

/** Every secret a stand-in ever gave out or was shown to be valid, so that tests can look for them where none may be. */
export class Canaries {
  readonly #values = new Set<string>()

  /** @returns the value, so that it can be noted where it is made */
  add(value: string): string {
    if (this.#values.size < MAX_VALUES) this.#values.add(value)
    return value
  }

  /** Also the key's base64 body in one line, as it would look in JSON or a log that joins lines. */
  addPem(pem: string): string {
    this.add(pem.replaceAll(/-----[^-]+-----|\s/g, ''))
    return this.add(pem.trim())
  }

  values(): readonly string[] {
    return [...this.#values]
  }
}
