import { constants } from 'node:crypto'
import { createServer as createPlain, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { TlsOptions } from 'node:tls'
import type { Secret } from '../../lib/secret.ts'
import { listenAt } from '../../lib/listen-at.ts'
import type { ListenAddress } from '../../lib/listen-address.ts'
import type { Timers } from '../../lib/timers.ts'

export interface AuthorityServerOptions {
  readonly address: ListenAddress
  readonly tls: AuthorityTls | undefined
  readonly timers: Timers
}

/** TLS of the authority's port. */
export interface AuthorityTls {
  readonly certificatePem: string
  readonly key: Secret
  /** Who signs the agents' certificates; without it none is asked for. */
  readonly clientCaPem: string | undefined
}

/** The authority's port while it is open. */
export interface AuthorityServer {
  /** Where it listens in fact: port 0 has become a port. */
  readonly address: ListenAddress
  /** Answers from now on; before, everybody is told to come again. */
  serve(handler: RequestListener): void
  /** Lets requests under way end for so long, then cuts them. Idempotent. */
  close(graceMs: number): Promise<void>
}

const MAX_HEADER_BYTES = 32_768
const MAX_CONNECTIONS = 2048
const HEADERS_TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 30_000
const KEEP_ALIVE_MS = 10_000

/**
 * Opens the authority's port. It listens before it can answer, so that a port that is found (0) can stand in the issuer's URL.
 * @throws Error with one sentence where the port cannot be had
 */
export async function openAuthorityServer({ address, tls, timers }: AuthorityServerOptions): Promise<AuthorityServer> {
  let handler: RequestListener = notYet
  const server = create(tls, (request, response) => handler(request, response))
  server.maxConnections = MAX_CONNECTIONS
  // A client that breaks off is no event of ours.
  server.on('clientError', (_, socket) => socket.destroy())
  const bound = await listenAt(server, address)
  return {
    address: bound,
    serve: (next) => { handler = next },
    close: (graceMs) => closeServer(server, timers, graceMs),
  }
}

function create(tls: AuthorityTls | undefined, listener: RequestListener): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS,
  }
  if (tls === undefined) return createPlain(options, listener)
  return createTls({ ...options, cert: tls.certificatePem, key: tls.key.reveal(), minVersion: 'TLSv1.2', ...clientCertificates(tls) }, listener)
}

/**
 * Node's way to make a client certificate optional: a browser has none. One that is shown is verified all the same, and one that does not
 * verify counts as none (`senderCertificate`). No tickets: a resumed session would carry one that was never looked at again.
 */
function clientCertificates({ clientCaPem }: AuthorityTls): TlsOptions {
  if (clientCaPem === undefined) return {}
  return { requestCert: true, ca: clientCaPem, rejectUnauthorized: false, secureOptions: constants.SSL_OP_NO_TICKET }
}

function notYet(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end('starting\n')
}

async function closeServer(server: Server, timers: Timers, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cancel = timers.after(graceMs, () => server.closeAllConnections())
  await closed
  cancel()
}
