/** Why a call to an upstream ended without a whole answer. */
export type UpstreamErrorCode =
  /** The connection broke, or was closed before the answer was whole. */
  | 'connection_broken'
  /** The answer is not one message that can be read in one way only. */
  | 'answer_invalid'
  | 'answer_timeout'
  /** All connections are taken, and as many calls wait for one as may. */
  | 'upstream_busy'
  /** The client's body ended early, or was longer than it said. */
  | 'request_incomplete'
  | 'shutdown'

/** A call that ended without a whole answer; its message is ours, never the upstream's words. */
export class UpstreamError extends Error {
  readonly code: UpstreamErrorCode

  constructor(code: UpstreamErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'UpstreamError'
    this.code = code
  }
}

/** Whether the call ended since the proxy itself ends. */
export function isShutdown(error: unknown): boolean {
  return error instanceof UpstreamError && error.code === 'shutdown'
}

/** What calls get that are under way, or come, when the proxy ends. */
export function shutdownError(): UpstreamError {
  return new UpstreamError('shutdown', 'the proxy ends')
}

/** @param what was taken: `connections`, `streams` */
export function busyError(what: string): UpstreamError {
  return new UpstreamError('upstream_busy', `all ${what} to the upstream are taken`)
}

/** A bound on time was reached. */
export function timeoutError(message: string): UpstreamError {
  return new UpstreamError('answer_timeout', message)
}
