import { unlessAborted } from './unless-aborted.ts'

interface Running<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * Lets callers that ask for the same at the same time share one run of the work. One who gives up disturbs no other;
 * once all have, the work is aborted. Nothing is kept once the work has settled.
 */
export class SharedCalls<T> {
  readonly #running = new Map<string, Running<T>>()

  /** @throws what the work throws; the reason of the caller's own signal */
  async run(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const run = this.#running.get(key) ?? this.#start(key, work)
    run.waiting += 1
    try {
      return await unlessAborted(run.result, signal)
    } finally {
      run.waiting -= 1
      if (run.waiting === 0) this.#abandon(key, run)
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const run: Running<T> = { controller, waiting: 0, result: work(controller.signal).finally(() => this.#forget(key, run)) }
    run.result.catch(() => undefined)
    this.#running.set(key, run)
    return run
  }

  /** Whoever comes now begins anew; for settled work both are without effect. */
  #abandon(key: string, run: Running<T>): void {
    this.#forget(key, run)
    run.controller.abort()
  }

  #forget(key: string, run: Running<T>): void {
    if (this.#running.get(key) === run) this.#running.delete(key)
  }
}
