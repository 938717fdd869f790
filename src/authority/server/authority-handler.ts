import type { RequestListener, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Clock } from '../../lib/clock.ts'
import { ENDPOINTS } from '../oauth/endpoints.ts'
import { Throttle } from '../people/throttle.ts'
import { peerAddress } from './peer-address.ts'

export interface AuthorityHandlerOptions {
  /** The issuer: requests for another host are answered by nobody (DNS rebinding). */
  readonly url: string
  /** A load balancer's `X-Forwarded-Host` says what the browser asked for. */
  readonly behindProxy: boolean
  /** The OAuth server's own endpoints. */
  readonly oauth: RequestListener
  /** Paths below `/oauth2/` that are ours and not the OAuth library's. */
  readonly ownOauthPaths: ReadonlySet<string>
  /** Everything else. */
  readonly app: Hono
  readonly clock: Clock
}

/** What anybody can begin who knows a public `client_id`; each leaves something in the store for minutes. */
const BEGINNINGS: ReadonlySet<string> = new Set([ENDPOINTS.authorization, ENDPOINTS.pushedAuthorization, ENDPOINTS.deviceAuthorization])
/** Of one address: many agents may share one behind a gateway. */
const BEGUN_A_MINUTE = 600
const MINUTE_MS = 60_000

/** Tells each request of the authority's port to the one who answers it. */
export function authorityHandler(options: AuthorityHandlerOptions): RequestListener {
  const host = new URL(options.url).host
  const listener = getRequestListener(options.app.fetch, { overrideGlobalObjects: false, hostname: host })
  const begun = new Throttle(options.clock, BEGUN_A_MINUTE, MINUTE_MS)
  const forOauth = (path: string): boolean =>
    path.startsWith('/.well-known/') || (path.startsWith('/oauth2/') && !options.ownOauthPaths.has(path))
  return (request, response) => {
    const forwarded = options.behindProxy ? request.headers['x-forwarded-host'] : undefined
    const asked = typeof forwarded === 'string' ? forwarded : request.headers.host
    if (asked?.toLowerCase() !== host) {
      response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' })
        .end(`This is ${options.url}, and was asked for by another name.\n`)
      return
    }
    const [path = ''] = (request.url ?? '').split('?')
    if (BEGINNINGS.has(path) && !begun.take(peerAddress(request, options.behindProxy))) return tooMany(response)
    if (forOauth(path)) options.oauth(request, response)
    else void listener(request, response)
  }
}

function tooMany(response: ServerResponse): void {
  response.writeHead(429, { 'content-type': 'application/json', 'cache-control': 'no-store', 'retry-after': '60' })
    .end(JSON.stringify({ error: 'temporarily_unavailable', error_description: 'Too many requests were begun from this address; try again in a minute.' }))
}
