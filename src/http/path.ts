import { decodeOnce, tripletsAreWhole } from './percent.ts'

/** RFC 3986 `pchar` with `/`, and `[ ] |`, which browsers and Python leave as they are and every server reads alike. */
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]|]*$/
/** Empty segments, and dot segments also where a server cuts path parameters off (`/..;x/`). */
const MISREAD_SEGMENT = /\/\/|\/\.{1,2}(?=[/;]|$)/
const REFUSED_ESCAPE = /%(?:2[eE]|5[cC]|[01][0-9A-Fa-f]|7[fF])/
const DECODED_DOTS = /(?:^|[/\\])\.{1,2}(?=[/\\;]|$)/
// oxlint-disable-next-line no-control-regex
const DECODED_REFUSED = /[\u0000-\u001f\u007f-\u009f\\]/
const MAX_DECODINGS = 3

/**
 * Says why a path is refused. Rejects, never repairs: what is left is read alike by every server, but for `%2F` and `%25`, which
 * stand only where the catalogue marks a parameter as opaque (`hasOpaqueEscape`). Pure; linear.
 * @param path without the query
 * @returns undefined where the path may be judged and forwarded as it is; else one clause for the audit, without the path
 */
export function pathProblem(path: string): string | undefined {
  if (!PLAIN.test(path)) return 'a character that a path cannot hold'
  if (MISREAD_SEGMENT.test(path)) return 'an empty or dot segment'
  if (!path.includes('%')) return undefined
  if (!tripletsAreWhole(path)) return 'a broken percent escape'
  if (REFUSED_ESCAPE.test(path)) return 'an escaped dot, backslash or control character'
  return decodedProblem(path)
}

/** Whether the text holds `%2F` or `%25`: good only inside a parameter that the catalogue marks opaque, never before or in the target. */
export function hasOpaqueEscape(text: string): boolean {
  return text.includes('%') && /%2[5fF]/.test(text)
}

/** Servers that decode twice, or thrice, must not find what was refused in the plain form. */
function decodedProblem(path: string): string | undefined {
  let text = path
  for (let round = 0; round < MAX_DECODINGS; round++) {
    const decoded = decodeOnce(text)
    if (decoded === undefined) return 'escapes that are not UTF-8'
    if (decoded === text) return undefined
    if (DECODED_DOTS.test(decoded) || DECODED_REFUSED.test(decoded)) return 'an escaped dot segment, backslash or control character'
    // nginx and Go's router merge two separators into one.
    if (decoded.includes('//')) return 'an escaped empty segment'
    text = decoded
  }
  return decodeOnce(text) === text ? undefined : 'escapes of escapes of escapes'
}
