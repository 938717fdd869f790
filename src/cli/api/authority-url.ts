import { InvalidArgumentError } from 'commander'

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * The authority's origin, as people type it. A token never travels unencrypted but on this machine. Pure.
 * @returns undefined where the text is no such URL
 */
export function parseAuthorityUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/?#@]+\/?$/.test(text) || !URL.canParse(text)) return undefined
  const { protocol, hostname, origin } = new URL(text)
  return protocol === 'https:' || LOOPBACK.has(hostname) ? origin : undefined
}

/** For commander. */
export function authorityUrl(text: string): string {
  const url = parseAuthorityUrl(text)
  if (url === undefined) throw new InvalidArgumentError('It is an origin such as https://postern.acme.com (http:// on this machine only).')
  return url
}
