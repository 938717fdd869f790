import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ENDPOINTS, isLibraryPath, METADATA_PATHS } from './endpoints.ts'

/** A page that holds nothing but text, and is framed by nobody. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
}

export interface FrontParts {
  readonly issuer: string
  readonly library: RequestListener
  /** The documents that we serve ourselves, read for each request. */
  metadata(): Readonly<Record<string, unknown>>
  keys(): { readonly keys: readonly unknown[] }
}

/**
 * What stands before the library: it is reached by its own paths alone, and believes what the issuer's URL says of scheme and host, whatever
 * `Host` and `X-Forwarded-*` say: its links, its cookies' flags and what DPoP proofs and assertions are compared with follow from that.
 */
export function oauthFront({ issuer, library, metadata, keys }: FrontParts): RequestListener {
  const { host, protocol } = new URL(issuer)
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (protocol === 'https:') response.setHeader('strict-transport-security', 'max-age=31536000')
    if (METADATA_PATHS.has(path)) return sendDocument(request, response, metadata())
    if (path === ENDPOINTS.jwks) return sendDocument(request, response, keys())
    if (!isLibraryPath(path)) return sendNothing(response)
    Object.assign(request.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) })
    delete request.headers['x-forwarded-for']
    library(request, response)
  }
}

function sendNothing(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end('There is nothing here.\n')
}

/** Public, for whoever asks: also for programs in a browser. Kept for shorter than a new key is published ahead. */
function sendDocument(request: IncomingMessage, response: ServerResponse, document: object): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const body = JSON.stringify(document)
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'cache-control': 'public, max-age=60',
    'access-control-allow-origin': '*',
  }).end(request.method === 'HEAD' ? undefined : body)
}
