import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from 'node:tls'
import { misconfigured } from '../errors/misconfigured.ts'

/** What this machine trusts, and these CAs beside it; undefined for what it trusts anyway. @throws ConfigurationError */
export function trusted(ca: string | readonly string[] | undefined, own: Pick<SecureContextOptions, 'cert' | 'key'> = {}): SecureContext | undefined {
  if (ca === undefined && own.cert === undefined) return undefined
  const more = ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca
  try {
    // What OpenSSL cannot read as a CA it leaves out in silence.
    for (const pem of more) void new X509Certificate(pem).fingerprint256
    return createSecureContext({ ...own, ca: [...getCACertificates('default'), ...more] })
  } catch {
    // OpenSSL's own words are left out: they can quote what they could not read.
    throw misconfigured('a certificate or key that was given is not PEM')
  }
}
