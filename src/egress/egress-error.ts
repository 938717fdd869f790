import type { Code } from '../model/codes.ts'
import { UpstreamError } from './upstream-error.ts'

export type EgressCode = Extract<Code, 'address_refused' | 'upstream_unresolved' | 'upstream_unreachable' | 'upstream_tls_failed'>

/** A connection that was not made. Crosses the upstream client as an error; the forward stage turns `address_refused` into a denial again. */
export class EgressError extends Error {
  readonly code: EgressCode

  constructor(code: EgressCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'EgressError'
    this.code = code
  }
}

/** The system's own words for what went wrong, for log and audit: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
export function causeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && !(at instanceof EgressError) && !(at instanceof UpstreamError)) return at.code
  }
  return undefined
}
