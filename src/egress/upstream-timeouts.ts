/** How long an integration's upstreams may take over one call. */
export interface UpstreamTimeouts {
  /** From the request's last byte to the answer's head. */
  readonly firstByteMs: number
  /** Between two pieces of a body; 0 for no bound. */
  readonly idleMs: number
  /** From the call's begin to its answer's end; 0 for no bound. */
  readonly totalMs: number
}

/** Where an integration says nothing else. */
export const UPSTREAM_TIMEOUTS: UpstreamTimeouts = { firstByteMs: 120_000, idleMs: 300_000, totalMs: 0 }
