import type { Routed } from '../exchange.ts'
import type { UrlRewriter } from './response-headers.ts'

/** In reverse mode, turns the upstream's own URLs into those below the client's base URL. Bodies are passed as they are. */
export class BaseUrlRewriter implements UrlRewriter {
  readonly #exchange: Pick<Routed, 'prefix' | 'request' | 'route'>

  constructor(exchange: Pick<Routed, 'prefix' | 'request' | 'route'>) {
    this.#exchange = exchange
  }

  /** Few answers have a URL among their fields: what it takes is made only then. */
  rewriteUrls(value: string): string {
    const { prefix, request, route } = this.#exchange
    const [origin] = route.integration.origins
    if (prefix === undefined || origin === undefined) return value
    const upstream = `${origin.scheme}://${authorityOf(origin)}${origin.basePath}/`
    // As the client addressed us: `route` has the request as it goes out.
    return value.replaceAll(upstream, `${request.scheme}://${authorityOf(request)}/${prefix}/`)
  }
}

function authorityOf({ scheme, host, port }: { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number }): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`
}
