export interface SecurityHeadersOptions {
  /** The authority is reached by `https`. */
  readonly https: boolean
  /** Whether code of ours runs on the page, and asks our API: the dashboard's. */
  readonly runs?: boolean
}

/**
 * The headers of every page. Nothing is run but, on the dashboard, files of ours that put no text into the page as markup; nothing is taken from elsewhere, no form leaves for elsewhere, nobody frames it, and nothing of it
 * is kept by a cache. `Referrer-Policy` lets our own forms say their `Origin`, which `no-referrer` would turn into `null`; other sites see none.
 */
export function securityHeaders({ https, runs = false }: SecurityHeadersOptions): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy':
      `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'${runs ? RUNS : ''}`,
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

const RUNS = "; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
