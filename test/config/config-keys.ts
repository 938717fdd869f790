/** The places of a JSON Schema or a document, written alike: `agents[].id`, `integrations.*.connect.ca`. */
export type KeyPath = string

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema | readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** Names that people choose stand under these keys. */
const NAMED = ['integrations', 'integrations.*.channels']

/** Every key that a schema knows. */
export function keysOfSchema(schema: Schema, at = ''): KeyPath[] {
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [join(at, key), ...keysOfSchema(inner, join(at, key))])
  const named = typeof schema.additionalProperties === 'object' ? keysOfSchema(schema.additionalProperties, join(at, '*')) : []
  const items = [schema.items ?? []].flat().flatMap((item) => keysOfSchema(item, `${at}[]`))
  const options = [...schema.anyOf ?? [], ...schema.oneOf ?? [], ...schema.allOf ?? []].flatMap((option) => keysOfSchema(option, at))
  return [...new Set([...properties, ...named, ...items, ...options].map(normalised))]
}

/** Every key that a document has. */
export function keysOfDocument(value: unknown, at = ''): KeyPath[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOfDocument(item, `${at}[]`))
  if (typeof value !== 'object' || value === null) return []
  return [...new Set(Object.entries(value).flatMap(([key, inner]) => {
    const path = NAMED.includes(at) ? join(at, '*') : join(at, key)
    return [...NAMED.includes(at) ? [] : [path], ...keysOfDocument(inner, path)]
  }).map(normalised))]
}

/** What can stand in several places is explained once: `connect`, key sets, and the ways to refer to something. */
function normalised(path: KeyPath): KeyPath {
  return path.replace(/^.*\.(?:site_)?connect\./, 'connect.').replace(/^identity\.\w+\.jwks\./, 'jwks.')
    .replace(/^(?!(?:store|audit)\.file$).*\.(env|file|command)$/, 'reference.$1')
}

function join(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`
}
