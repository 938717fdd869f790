/** The two times there are, injected so that tests own them. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for timestamps and token lifetimes. */
  nowMs(): number
  /** Monotonic milliseconds from an arbitrary start: for leases, durations and rate limits. */
  monotonicMs(): number
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
