/** The name of the browser's session. `__Host-`: only over TLS or loopback, only from this host, for this host alone (RFC 6265bis section 4.1.3.2). */
export const SESSION_COOKIE = '__Host-postern'
/** Ties a sign-in that was begun to the browser that began it. */
export const LOGIN_COOKIE = '__Host-postern-login'

/** The form of all values of ours: 256 random bits in base64url. */
const VALUE = /^[A-Za-z0-9_-]{43}$/

/**
 * Reads one cookie of ours.
 * @returns undefined where there is none, or more than one of that name: which of them is ours cannot be told
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  const values = header.split(';').flatMap((pair) => {
    const [key, value = ''] = splitOnce(pair.trim())
    return key === name ? [value] : []
  })
  const [value] = values
  return values.length === 1 && value !== undefined && VALUE.test(value) ? value : undefined
}

/**
 * `Set-Cookie` for one cookie of ours. `Lax`, since people come to a consent screen from a link of their agent's and from their identity
 * provider. Browsers take `Secure` cookies from `http://localhost` and `http://127.0.0.1` too, so development needs no other name.
 * @param maxAgeSeconds undefined: until the browser is closed
 */
export function setCookie(name: string, value: string, maxAgeSeconds: number | undefined): string {
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`
}

/** `Set-Cookie` that forgets one. */
export function forgetCookie(name: string): string {
  return setCookie(name, '', 0)
}

function splitOnce(pair: string): [string, string?] {
  const equals = pair.indexOf('=')
  return equals === -1 ? [pair] : [pair.slice(0, equals), pair.slice(equals + 1)]
}
