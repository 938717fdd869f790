import { setTimeout as wait } from 'node:timers/promises'

/** `fetch` as this package calls it. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>

/** What of the machine this package uses: tests bring their own. */
export interface Environment {
  readonly fetch: Fetch
  /** Wall clock, milliseconds since the epoch: for when tokens end. */
  nowMs(): number
  /** Monotonic milliseconds: for durations. */
  monotonicMs(): number
  /** @throws the signal's reason, once it aborts */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The machine's clock and network. @param own in place of the global `fetch`, which is looked up at each call */
export function systemEnvironment(own: typeof globalThis.fetch | undefined): Environment {
  return {
    fetch: (input, init) => (own ?? globalThis.fetch)(input, init),
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted()),
  }
}
