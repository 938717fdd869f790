export interface SecurityHeadersOptions {
  /** The authority is reached by `https`. */
  readonly https: boolean
}

/**
 * The headers of every page. Nothing is run, nothing is taken from elsewhere, no form leaves for elsewhere, nobody frames it, and nothing of it
 * is kept by a cache. `Referrer-Policy` lets our own forms say their `Origin`, which `no-referrer` would turn into `null`; other sites see none.
 */
export function securityHeaders({ https }: SecurityHeadersOptions): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cache-Control': 'no-store',
    ...(https ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  }
}
