/** The shortest and the longest of them: most names are told apart by their length. */
const SHORTEST = 7
const LONGEST = 17

/** Fields that speak of a connection, and so have no place in HTTP/2; `te` may say `trailers`. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'])

/**
 * Whether a field speaks of the connection and not of the message. Pure.
 * @see RFC 9113 section 8.2.2
 */
export function isConnectionSpecific(name: string): boolean {
  return name.length >= SHORTEST && name.length <= LONGEST && CONNECTION_SPECIFIC.has(name.toLowerCase())
}
