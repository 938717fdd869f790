/** Bounds of the connections to one origin, in whichever protocol. */
export interface UpstreamSettings {
  readonly maxConnections: number
  /** Calls that wait for a connection, or a stream, and for how long; beyond either they are refused. */
  readonly maxWaiting: number
  readonly maxWaitMs: number
  /** How long an idle connection is kept; less where the upstream says so. */
  readonly keepAliveMs: number
  /** From the request's last byte to the answer's head. */
  readonly headersTimeoutMs: number
  /** Between two pieces of a body; 0 for no bound. */
  readonly bodyIdleTimeoutMs: number
  /** From a call's dispatch to its answer's end; 0 for no bound. */
  readonly totalTimeoutMs: number
  readonly maxHeaderBytes: number
}
