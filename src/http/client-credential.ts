import type { InspectedBody } from './body.ts'
import { namesAsAnyServer } from './query.ts'

/** `\s` holds the byte order mark, and `trim` takes it off. */
const BEGINS_AS_OBJECT = /^\s*\{/

/**
 * Finds a credential of the client's own in the query, under any spelling that a server might read as one of the names.
 * @param names lower case
 * @returns the name of ours that was found, or undefined
 */
export function credentialInQuery(query: string | undefined, names: readonly string[]): string | undefined {
  if (query === undefined || query === '' || names.length === 0) return undefined
  const found = namesAsAnyServer(query)
  return names.find((name) => found.has(name))
}

/**
 * Finds a credential of the client's own among the top-level names of a form or JSON object.
 * @param names lower case
 * @returns the name of ours that was found, or undefined
 */
export function credentialInBody(body: InspectedBody, names: readonly string[]): string | undefined {
  if (names.length === 0 || body.format === 'empty') return undefined
  const found = body.format === 'form' ? formNames(body.bytes) : topLevelNames(body.value)
  return names.find((name) => found.has(name))
}

/** Of a form that is JSON, as `curl -d` sends it, also the names that a server finds which reads JSON whatever the content type says. */
function formNames(bytes: Buffer): ReadonlySet<string> {
  return new Set([...namesAsAnyServer(bytes.toString('latin1')), ...topLevelNames(lenientJson(bytes.toString('utf8')))])
}

/** Looser than what is judged: a name that stands twice must be found, too. */
function lenientJson(text: string): unknown {
  if (!BEGINS_AS_OBJECT.test(text)) return undefined
  try {
    return JSON.parse(text.trim())
  } catch {
    return undefined
  }
}

function topLevelNames(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Set()
  return new Set(Object.keys(value).map((name) => name.trim().toLowerCase()))
}
