/** Those who are told of something; one that throws harms neither the teller nor the others. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>()

  get any(): boolean {
    return this.#listeners.size > 0
  }

  /** @returns the unsubscribe function */
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value)
      } catch {
        // A listener shows or counts; that it failed must not keep a record from being written.
      }
    }
  }
}
