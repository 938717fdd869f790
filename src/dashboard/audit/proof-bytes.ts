/** A line's bytes. Lines are ASCII; undefined for one that could not have been written. Pure. */
export function bytesOfLine(line: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(line.length)
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at)
    if (code > 0xff) return undefined
    bytes[at] = code
  }
  return bytes
}

/** The bytes of canonical base64url without padding; undefined for anything else. Pure. */
export function bytesOfBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = bytesOfBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  return bytes !== undefined && base64urlOf(bytes) === text ? bytes : undefined
}

/** Pure. */
export function base64urlOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Pure. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The key in a PEM file of one public key (SPKI); undefined for anything else. Pure. */
export function spkiOfPem(pem: string): Uint8Array<ArrayBuffer> | undefined {
  const body = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1]
  return body === undefined ? undefined : bytesOfBase64(body.replaceAll(/[\r\n]/g, ''))
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
