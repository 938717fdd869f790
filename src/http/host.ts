const MAX_HOST = 253
const LABELS = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
/** The last label of every spelling of an IPv4 address (WHATWG URL, "ends in a number"): 127.1, 2130706433, 0x7f.0.0.1, 0177.1 */
const ENDS_IN_A_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/i
const PORT = /^[1-9][0-9]{0,4}$/

/** A host as every stage compares it: lower case, no trailing dot, never an address. */
export interface Authority {
  readonly host: string
  readonly port: number
}

/**
 * The one host grammar: LDH labels, at most 253 characters, lower-cased. Refused, not repaired: a trailing dot, `_`, IP literals
 * in any spelling, percent escapes, NUL and everything else. Pure; linear.
 * @returns the canonical host, or undefined where the text is no plain DNS name
 */
export function canonicalHost(text: string): string | undefined {
  if (text.length === 0 || text.length > MAX_HOST || !LABELS.test(text) || ENDS_IN_A_NUMBER.test(text)) return undefined
  return text.toLowerCase()
}

/**
 * Reads `host` or `host:port` (RFC 3986 section 3.2 without userinfo). Pure.
 * @param defaultPort the port where none is written; undefined where one must be written, as in CONNECT
 * @returns undefined where the host is no plain DNS name, or the port is not 1 to 65535 without leading zeros
 */
export function parseAuthority(text: string, defaultPort: number | undefined): Authority | undefined {
  const colon = text.indexOf(':')
  if (colon === -1) return defaultPort === undefined ? undefined : authority(text, defaultPort)
  const digits = text.slice(colon + 1)
  if (!PORT.test(digits)) return undefined
  return authority(text.slice(0, colon), Number(digits))
}

function authority(text: string, port: number): Authority | undefined {
  const host = canonicalHost(text)
  return host === undefined || port > 65_535 ? undefined : { host, port }
}
