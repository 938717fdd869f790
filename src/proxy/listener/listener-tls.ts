import { constants } from 'node:crypto'
import type { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { exportPrivateKey } from '../../lib/certificates.ts'
import { deny } from '../../model/denial.ts'
import type { Connection } from './connection.ts'
import type { ListenerLimits, ListenerTls } from './listener-options.ts'
import { readPeerCertificate } from './peer-certificate.ts'

/** No ticket and no cached session where clients show certificates: a resumed session would carry one that was never looked at again. */
const NO_TICKETS = constants.SSL_OP_NO_TICKET
/** Forward secrecy and authenticated encryption alone: what HTTP/2 permits of TLS 1.2 (RFC 9113 section 9.2.2). */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** How TLS is ended at the listener itself: HTTP/2 where the client chooses it. */
export function tlsOptionsOf(tls: ListenerTls, limits: ListenerLimits): Parameters<typeof createHttpsServer>[0] {
  const { identity, clientCaPem } = tls
  const own = {
    cert: identity.certificatePem,
    key: exportPrivateKey(identity.privateKey),
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: limits.handshakeTimeoutMs,
  } as const
  if (clientCaPem === undefined) return own
  // Node's way to make a client certificate optional: an agent may come without one and show a token. One that is shown is verified
  // all the same, and judged in `readPeerCertificate`, where a refusal can be answered and told: what does not verify gets 403 for everything.
  return { ...own, ca: clientCaPem, requestCert: true, rejectUnauthorized: false, secureOptions: NO_TICKETS }
}

/** What the client's certificate proves, or why it proves nothing; undefined where none is asked for or shown. */
export function peerOf(socket: Socket, tls: ListenerTls): Connection['peer'] {
  if (!(socket instanceof TLSSocket) || tls.clientCaPem === undefined) return undefined
  try {
    return readPeerCertificate(socket, tls.trustDomain)
  } catch {
    return deny('certificate_refused', 'the client certificate cannot be read')
  }
}
