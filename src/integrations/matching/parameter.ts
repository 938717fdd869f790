/**
 * What may stand where a template has a parameter:
 * - `name`: a target (an owner, a repository): letters, digits, `.`, `_`, `-`; never a percent-encoding;
 * - `number`: decimal digits; other text is no match, so that an unlisted literal never passes for a number;
 * - `plain`: one segment; percent-encodings only of what has no structure in a path;
 * - `opaque`: one segment; `%2F` and `%25` too (a label, a branch, an environment);
 * - `rest`: as `opaque`, over any number of segments up to the end of the path (a file's path, a git ref).
 */
export type ParameterKind = 'name' | 'number' | 'plain' | 'opaque' | 'rest'

const SIMPLE = /^[A-Za-z0-9_-]+$/
const NAME = /^[A-Za-z0-9._-]+$/
/** RFC 3986 `pchar` with `[ ] |`, which browsers and Python leave as they are. */
const PCHARS = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@[\]|-]|%[0-9A-Fa-f]{2})*$/
const PCHARS_AND_SLASH = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/[\]|-]|%[0-9A-Fa-f]{2})*$/
/** Percent-encoded letters, digits, `-`, `.`, `_`, `~`: no client encodes them, but a server decodes them before it routes. */
const ENCODED_UNRESERVED = /%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])/
/** `#`, `%`, `/`, `?`: what gives a path its structure. */
const ENCODED_STRUCTURE = /%(?:23|25|2[Ff]|3[Ff])/
const PERCENT_RUN = /(?:%[0-9A-Fa-f]{2})+/g
// oxlint-disable-next-line no-control-regex -- controls are exactly what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
/** More layers of encoding than any client makes by mistake. */
const MAX_DECODINGS = 6

/**
 * Judges the raw text of one parameter.
 * @returns why it is refused, or undefined where it is accepted; the reason holds nothing of the text
 */
export function refusedParameter(raw: string, kind: ParameterKind): string | undefined {
  // What nearly all parameters are: nothing in it can mean anything else, to anybody.
  if (kind !== 'number' && SIMPLE.test(raw)) return undefined
  switch (kind) {
    case 'number':
      return /^[0-9]+$/.test(raw) ? undefined : 'a number with other characters than digits'
    case 'name':
      return refusedName(raw)
    case 'plain':
      return refusedEncoding(raw, PCHARS) ?? (ENCODED_STRUCTURE.test(raw) ? 'an encoded path delimiter' : refusedMeaning(raw))
    case 'opaque':
      return refusedEncoding(raw, PCHARS) ?? refusedMeaning(raw)
    case 'rest':
      return raw === '' ? undefined : refusedRest(raw)
  }
}

function refusedName(raw: string): string | undefined {
  if (!NAME.test(raw)) return 'a target with other characters than letters, digits, ".", "_" and "-"'
  return isDotSegment(raw) ? 'a dot segment' : undefined
}

function refusedRest(raw: string): string | undefined {
  return raw.startsWith('/') ? 'an empty segment' : (refusedEncoding(raw, PCHARS_AND_SLASH) ?? refusedMeaning(raw))
}

function refusedEncoding(raw: string, grammar: RegExp): string | undefined {
  if (raw === '') return 'an empty segment'
  if (!grammar.test(raw)) return 'a character that a path cannot hold, or a broken percent-encoding'
  return ENCODED_UNRESERVED.test(raw) ? 'an encoded letter, digit or dot' : undefined
}

/** Decodes again and again, since nobody knows how many servers upstream do: no reading may be a dot segment, a backslash or a control. */
function refusedMeaning(raw: string): string | undefined {
  let text = raw
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const reason = refusedReading(text)
    if (reason !== undefined) return reason
    const decoded = percentDecoded(text)
    if (decoded === undefined) return 'an encoding that is no UTF-8'
    if (decoded === text) return undefined
    text = decoded
  }
  return 'too many layers of encoding'
}

function refusedReading(text: string): string | undefined {
  if (text.includes('\\')) return 'a backslash'
  if (CONTROL.test(text)) return 'a control character'
  if (text.split('/').some(isDotSegment)) return 'a dot segment'
  return text.includes('//') ? 'an empty segment' : undefined
}

function isDotSegment(segment: string): boolean {
  return segment === '.' || segment === '..'
}

/**
 * Percent-decodes once; a `%` that begins no triplet stays as it is.
 * @returns undefined where the bytes are not UTF-8 (overlong forms of `/` among them)
 */
export function percentDecoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return text.replace(PERCENT_RUN, (run) => decodeURIComponent(run))
  } catch {
    return undefined
  }
}
