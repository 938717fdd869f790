import { createHash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { uriNames } from '../../lib/certificate-uris.ts'

/** The client certificate of our own TLS socket; undefined where none was shown, or it does not verify. */
export function senderCertificate(request: IncomingMessage): X509Certificate | undefined {
  const { socket } = request
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  return socket.getPeerX509Certificate()
}

/** RFC 8705 section 3.1: base64url SHA-256 of its DER. */
export function certificateThumbprint(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('base64url')
}

/**
 * Whether a certificate is of the registered subject. A certificate with several URIs is of nobody (X.509-SVID section 2).
 * @param property as RFC 8705 section 2.1.2 names it
 */
export function certificateMatches(certificate: X509Certificate, property: string, expected: string): boolean {
  switch (property) {
    case 'tls_client_auth_san_uri': {
      const uris = uriNames(certificate.raw)
      return uris.length === 1 && uris[0] === expected
    }
    case 'tls_client_auth_subject_dn':
      // Node gives one attribute a line, the most general first.
      return certificate.subject.split('\n').toReversed().join(',') === expected
    default:
      return false
  }
}
