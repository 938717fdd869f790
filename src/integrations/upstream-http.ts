/** One call of the authority's own to an upstream (a token endpoint, an app's API): small, whole, never streamed. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute; `https`, or `http` for a loopback stand-in. */
  readonly url: string
  /** May hold a secret: never logged. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The whole answer. `body` may hold a secret: never logged. */
export interface UpstreamResponse {
  readonly status: number
  /** Names in lower case; of a field given several times, the values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends one request through the egress guard, with TLS verified, time and size bounded, and no redirect followed.
 * Never retries: whether a request may be sent again, only the caller knows.
 * @throws Fault `credential_unavailable` where there was no whole answer: refused, reset, timed out, too large, address not permitted
 */
export type UpstreamHttp = (request: UpstreamRequest, signal: AbortSignal) => Promise<UpstreamResponse>
