/**
 * Whether an OAuth client may be answered there: https without wildcard, or a program on the person's own machine (RFC 8252 section 7.3).
 * Pure. No fragment (RFC 6749 section 3.1.2), no user, nothing that a browser reads in another way than it stands.
 */
export function isRedirectUri(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[#*\\@]/.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || /%2e|\/\.{1,2}(?:\/|$)/i.test(url.pathname)) return false
  return url.protocol === 'https:' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
}
