import { decodeOnce, tripletsAreWhole } from './percent.ts'

/** Printable ASCII but space and `#`. */
const PLAIN = /^[\x21\x22\x24-\x7e]*$/
const NUL = /%00/
const MAX_DECODINGS = 3
const SEPARATOR = /[&;]/
// oxlint-disable-next-line no-control-regex
const INDEX = /[[.\u0000]/

/**
 * Says why a query is refused: characters that cannot stand in one, broken escapes, an escaped NUL. Pure; linear.
 * @param query without `?`
 * @returns undefined where it may be judged and forwarded; else one clause for the audit, without the query
 */
export function queryProblem(query: string): string | undefined {
  if (!PLAIN.test(query)) return 'a character that a query cannot hold'
  if (!tripletsAreWhole(query)) return 'a broken percent escape in the query'
  return NUL.test(query) ? 'an escaped NUL in the query' : undefined
}

/**
 * The names in a query or form text as any server might read them: split at `&` and at `;`, decoded again and again, trimmed, lower
 * case, and also without what a framework takes for an index (`token[]`, `token.x`). For finding, never for reading values.
 */
export function namesAsAnyServer(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const pair of text.split(SEPARATOR)) {
    const equals = pair.indexOf('=')
    for (const name of readings(equals === -1 ? pair : pair.slice(0, equals))) names.add(name)
  }
  return names
}

function readings(raw: string): readonly string[] {
  const found: string[] = []
  let text = raw
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    found.push(...spellings(text))
    const decoded = decodeOnce(text)
    if (decoded === undefined || decoded === text) break
    text = decoded
  }
  return found
}

function spellings(text: string): readonly string[] {
  const name = text.replaceAll('+', ' ').trim().toLowerCase()
  const stem = name.split(INDEX, 1)[0]?.trim() ?? name
  return stem === name ? [name] : [name, stem]
}
