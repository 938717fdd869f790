import type { Routed } from '../exchange.ts'
import type { RewriteUrl } from './response-headers.ts'

/** What a Host field may hold for us to write it into an answer to the very client that sent it. */
const HOST = /^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$|^\[[0-9A-Fa-f:]{2,45}\](?::[0-9]{1,5})?$/

/**
 * In reverse mode, what turns the upstream's own URLs into those below the client's base URL. Bodies are passed as they are.
 * @returns undefined in forward mode, where the upstream's URLs are right
 */
export function rewriteForBaseUrl(exchange: Pick<Routed, 'door' | 'prefix' | 'incoming' | 'route'>): RewriteUrl | undefined {
  const { door, prefix, incoming, route } = exchange
  const host = incoming.headers.host
  const [origin] = route.integration.origins
  if (door !== 'reverse' || prefix === undefined || host === undefined || origin === undefined || !HOST.test(host)) return undefined
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http'
  const authority = origin.port === (origin.scheme === 'https' ? 443 : 80) ? origin.host : `${origin.host}:${origin.port}`
  const upstream = `${origin.scheme}://${authority}${origin.basePath}/`
  const base = `${scheme}://${host}/${prefix}/`
  return (value) => value.replaceAll(upstream, base)
}
