import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { uriNames } from '../../lib/certificate-uris.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { PeerCertificate } from '../exchange.ts'

/** RFC: SPIFFE ID, X.509-SVID section 2. */
const SPIFFE = 'spiffe://'

/**
 * What the client's certificate proves. OpenSSL has verified the chain, the times and the key's possession at the handshake; one that was
 * shown and failed there is refused here, and never taken for none.
 * @param trustDomain SPIFFE ids of any other domain are refused; undefined for no such rule
 * @returns undefined where the client showed none
 */
export function readPeerCertificate(socket: TLSSocket, trustDomain: string | undefined): PeerCertificate | Denial | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  if (!socket.authorized) return deny('certificate_refused', `the client certificate does not verify: ${reasonOf(socket)}`)
  const uris = uriNames(certificate.raw)
  const spiffe = uris.filter((uri) => uri.toLowerCase().startsWith(SPIFFE))
  if (spiffe.length > 0 && uris.length > 1) return deny('certificate_refused', 'a SPIFFE certificate with more than one URI')
  if (trustDomain !== undefined && spiffe.some((uri) => !isOfDomain(uri, trustDomain))) {
    return deny('certificate_refused', 'the client certificate is of another SPIFFE trust domain')
  }
  return {
    uris,
    // Node gives one attribute a line, the most general first.
    subject: certificate.subject.split('\n').toReversed().join(','),
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    notAfterMs: certificate.validToDate.getTime(),
  }
}

function isOfDomain(uri: string, trustDomain: string): boolean {
  return uri.startsWith(`${SPIFFE}${trustDomain}/`) && uri.length > SPIFFE.length + trustDomain.length + 1
}

function reasonOf(socket: TLSSocket): string {
  const reason: unknown = socket.authorizationError
  return typeof reason === 'string' ? reason : reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown'
}
