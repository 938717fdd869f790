/**
 * Whether an OAuth client may be answered there: https, or a program on the person's own machine (RFC 8252 section 7.3). Pure.
 * No fragment (RFC 6749 section 3.1.2), no user, no wildcard, nothing that a browser reads in another way than it stands.
 */
export function isRedirectUri(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[#*\\@]/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  if (readsTwoWays(text.split('?')[0] ?? '')) return false
  return protocol === 'https:' || (protocol === 'http:' && (hostname === '127.0.0.1' || hostname === '[::1]'))
}

/** Dot segments and separators in disguise; looked for in the text itself, since a parsed URL has lost them. */
function readsTwoWays(path: string): boolean {
  return /%2e|%2f|%5c/i.test(path) || /\/\.{1,2}(?:\/|$)/.test(path)
}
