/** A document as JSON; what is undefined stands there as null. */
export function toJson(document: unknown): string {
  return JSON.stringify(document, (_key, value: unknown) => (value === undefined ? null : value))
}

/** The document again, with the same properties: no document of ours holds a null. */
export function fromJson(json: string): unknown {
  return withUndefined(JSON.parse(json))
}

function withUndefined(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map(withUndefined)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUndefined(inner)]))
}
