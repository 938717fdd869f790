import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

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
}

/** Tells each request of the authority's port to the one who answers it. */
export function authorityHandler(options: AuthorityHandlerOptions): RequestListener {
  const host = new URL(options.url).host
  const listener = getRequestListener(options.app.fetch, { overrideGlobalObjects: false, hostname: host })
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
    if (forOauth(path)) options.oauth(request, response)
    else void listener(request, response)
  }
}
