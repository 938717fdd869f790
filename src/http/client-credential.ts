import type { InspectedBody } from './body.ts'
import { namesAsAnyServer } from './query.ts'

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
  const found = body.format === 'form' ? namesAsAnyServer(body.bytes.toString('latin1')) : topLevelNames(body.value)
  return names.find((name) => found.has(name))
}

function topLevelNames(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Set()
  return new Set(Object.keys(value).map((name) => name.trim().toLowerCase()))
}
