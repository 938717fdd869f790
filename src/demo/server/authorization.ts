/** What an `Authorization` header holds; scheme in lower case. */
export type Presented =
  | { readonly scheme: 'bearer' | 'token'; readonly value: string }
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'unknown' }

/** Reads an `Authorization` header (RFC 9110 section 11.6.2); undefined where there is none. */
export function readAuthorization(header: string | undefined): Presented | undefined {
  if (header === undefined) return undefined
  const match = /^([A-Za-z]+) +([^\s]+)$/.exec(header.trim())
  const scheme = match?.[1]?.toLowerCase()
  const value = match?.[2] ?? ''
  if (scheme === 'bearer' || scheme === 'token') return { scheme, value }
  return scheme === 'basic' ? readBasic(value) : { scheme: 'unknown' }
}

function readBasic(value: string): Presented {
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? { scheme: 'unknown' } : { scheme: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) }
}
