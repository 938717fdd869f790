import type { CanonicalRequest } from '../http/request.ts'
import { compileGlob, type Glob } from './globs.ts'

/** A compiled `METHOD /path/{parameter}` of a rule. */
export interface Route {
  readonly text: string
  /** For allow: method and path exactly as written; a parameter is one segment that no server could read as more. */
  matchesNarrowly(request: CanonicalRequest): boolean
  /** For deny and ask: also other spellings of the same path: case, percent-encoding, a final slash, HEAD for GET. */
  matchesWidely(request: CanonicalRequest): boolean
  /** The path parameters by name, as they stood in the path. */
  parametersOf(path: string): Readonly<Record<string, string>>
}

const FORM = /^(\*|[A-Z]{3,10}) (\/[\x21-\x7e]{0,255})$/
/** Encoded separators, dots, percent signs and NUL: one server's segment is another's path. */
const AMBIGUOUS = /%(?:2f|5c|25|00|2e)/i

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
    matchesNarrowly: (request) => (method === '*' || request.method === method) && matchSegments(narrow, request.path.split('/').slice(1)),
    matchesWidely: (request) => methodWidely(method, request.method) && matchSegments(wide, spelledOut(request.path)),
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

function methodWidely(wanted: string, method: string): boolean {
  return wanted === '*' || wanted === method || (wanted === 'GET' && method === 'HEAD')
}

/** The path as a lenient server may read it: decoded, case folded, split at encoded slashes, no empty end. */
function spelledOut(path: string): readonly string[] {
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return withoutFinalSlash(decoded.toLowerCase().split('/').slice(1))
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
