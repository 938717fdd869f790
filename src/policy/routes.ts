import { routeMethodOf, WEBSOCKET, type CanonicalRequest } from '../http/request.ts'
import { compileGlob, type Glob } from './globs.ts'

/** A compiled `METHOD /path/{parameter}` of a rule. */
export interface Route {
  readonly text: string
  /** For allow: method and path exactly as written; a parameter is one segment that no server could read as more. */
  matchesNarrowly(request: CanonicalRequest): boolean
  /** For deny and ask: also other spellings of the same path: case, percent-encoding, path parameters, a final slash, HEAD and a WebSocket for GET. */
  matchesWidely(request: CanonicalRequest): boolean
  /** The path parameters by name, as they stood in the path. */
  parametersOf(path: string): Readonly<Record<string, string>>
}

const FORM = /^(\*|[A-Z]{3,10}) (\/[\x21-\x7e]{0,255})$/
/** Encoded separators, dots, percent signs and NUL: one server's segment is another's path. */
const AMBIGUOUS = /%(?:2f|5c|25|00|2e)/i

/** More than servers do one after another. */
const MAX_DECODINGS = 3

/** `{name}`: one segment, as in an integration's routes. */
const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_]*\}$/
/** `{+name}`: an integration's routes say so for the rest of the path, where a rule may also say `**`. */
const REST = /^\{\+[A-Za-z_][A-Za-z0-9_]*\}$/

/** @returns undefined where the text is not `METHOD /path`, with `{name}` for one segment, `*` within one, and `**` or a final `{+name}` for any rest */
export function compileRoute(text: string): Route | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const [, method = '', template = ''] = match
  const segments = template.split('/').slice(1).map((segment, at, all) => (REST.test(segment) && at === all.length - 1 ? '**' : segment))
  if (!segments.every(isSegment)) return undefined
  const narrow = segments.map((segment) => segmentMatcher(segment, false))
  const wide = withoutFinalSlash(segments).map((segment) => segmentMatcher(segment, true))
  return {
    text,
    matchesNarrowly: (request) => methodNarrowly(method, routeMethodOf(request)) && matchSegments(narrow, request.path.split('/').slice(1)),
    matchesWidely: (request) => methodWidely(method, routeMethodOf(request)) && readings(request.path).some((reading) => matchSegments(wide, reading)),
    parametersOf: (path) => parametersOf(segments, path.split('/').slice(1)),
  }
}

/** Braces that are no parameter would only match themselves, which no path holds: a deny rule that never denies. */
function isSegment(segment: string): boolean {
  return segment === '**' || PARAMETER.test(segment) || (!segment.includes('**') && !/[{}]/.test(segment))
}

type Segment = '**' | Glob

function segmentMatcher(segment: string, wide: boolean): Segment {
  if (segment === '**') return '**'
  if (PARAMETER.test(segment)) return wide ? () => true : (text) => text !== '' && !AMBIGUOUS.test(text)
  const glob = compileGlob(wide ? segment.toLowerCase() : segment, '')
  return wide ? glob : (text) => glob(text) && !AMBIGUOUS.test(text)
}

/** `**` is any number of segments. Follows every way at once, so it is O(pattern × path). */
function matchSegments(pattern: readonly Segment[], path: readonly string[]): boolean {
  let open = closure(pattern, new Set([0]))
  for (const segment of path) {
    const next = new Set<number>()
    for (const state of open) {
      const wanted = pattern[state]
      if (wanted === '**') next.add(state)
      else if (wanted?.(segment) === true) next.add(state + 1)
    }
    if (next.size === 0) return false
    open = closure(pattern, next)
  }
  return open.has(pattern.length)
}

function closure(pattern: readonly Segment[], states: Set<number>): Set<number> {
  for (const state of states) if (pattern[state] === '**') states.add(state + 1)
  return states
}

/** A WebSocket is more than any one method: only a rule that says so allows it. */
function methodNarrowly(wanted: string, method: string): boolean {
  return wanted === method || (wanted === '*' && method !== WEBSOCKET)
}

function methodWidely(wanted: string, method: string): boolean {
  return wanted === '*' || wanted === method || (wanted === 'GET' && (method === 'HEAD' || method === WEBSOCKET))
}

/**
 * Every way in which a lenient server may read the path: case folded, decoded again and again, an encoded slash as a separator or as a
 * character, with and without path parameters (`admin;v=1`) and what some servers cut off at a segment's end, no empty end.
 */
function readings(path: string): readonly (readonly string[])[] {
  const folded = path.toLowerCase()
  const segments = folded.split('/').slice(1)
  const spellings = path.includes('%') ? [...decodings(folded).map((text) => text.split('/').slice(1)), ...decodedApart(segments)] : [segments]
  return spellings.flatMap((spelling) => [spelling, spelling.map(withoutEnd)]).map(withoutFinalSlash)
}

/** The text itself first. */
function decodings(text: string): readonly string[] {
  const found = [text]
  for (let round = 0, at = text; round < MAX_DECODINGS; round++) {
    const decoded = at.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).toLowerCase()
    if (decoded === at) break
    found.push(decoded)
    at = decoded
  }
  return found
}

/** Segment by segment, so that what was encoded separates nothing. */
function decodedApart(segments: readonly string[]): readonly (readonly string[])[] {
  const each = segments.map(decodings)
  return Array.from({ length: MAX_DECODINGS }, (_, round) => each.map((texts) => texts[Math.min(round + 1, texts.length - 1)] ?? ''))
}

function withoutEnd(segment: string): string {
  return (segment.split(';', 1)[0] ?? '').replace(/[\s.]+$/, '').trimStart()
}

function withoutFinalSlash(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments
}

function parametersOf(segments: readonly string[], path: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    if (segment === '**') break
    if (segment.startsWith('{') && segment.endsWith('}')) found[segment.slice(1, -1)] = path[index] ?? ''
  }
  return found
}
