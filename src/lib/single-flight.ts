/**
 * Lets callers that ask for the same key at the same time share one run of the work.
 * Nothing is kept once the work has settled; a failure reaches every caller of that run and no later one.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>()

  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = work().finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }
}
