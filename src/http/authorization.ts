/** `token` is how Octokit sends what is no JWT. */
const BEARER = /^(?:bearer|token) +([A-Za-z0-9\-._~+/]+=*)$/i
const DPOP = /^dpop +([A-Za-z0-9\-._~+/]+=*)$/i
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const MAX_LENGTH = 16_384
const TOKEN = /^[\x21-\x7e]+$/

/**
 * The token in an `Authorization` or `Proxy-Authorization` field: that of `Bearer` (RFC 6750), or the password of `Basic` (RFC 7617),
 * whose user name is not looked at.
 * @returns undefined where the field holds no token of either form
 */
export function tokenOf(field: string): string | undefined {
  if (field.length > MAX_LENGTH) return undefined
  const bearer = BEARER.exec(field)?.[1]
  if (bearer !== undefined) return bearer
  const basic = BASIC.exec(field)?.[1]
  if (basic === undefined) return undefined
  const text = Buffer.from(basic, 'base64').toString('latin1')
  const colon = text.indexOf(':')
  const password = colon === -1 ? '' : text.slice(colon + 1)
  return TOKEN.test(password) ? password : undefined
}

/** The token in an `Authorization` field of the scheme `DPoP` (RFC 9449 section 7.1), good only with a proof beside it. */
export function dpopTokenOf(field: string): string | undefined {
  return field.length > MAX_LENGTH ? undefined : DPOP.exec(field)?.[1]
}
