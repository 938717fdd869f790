/** A path with parameters: `{name}` is one segment, `{name+}` one or more to the end, encoded slashes included. */
export interface RoutePattern {
  readonly text: string
  readonly segments: readonly PatternSegment[]
}

type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string }

/** Parameters by name, percent-decoded. */
export type PathParameters = Readonly<Record<string, string>>

/** Reads a pattern such as `/repos/{owner}/{repo}/contents/{path+}`. */
export function routePattern(text: string): RoutePattern {
  return { text, segments: text.slice(1).split('/').map(patternSegment) }
}

/** @returns the parameters, or undefined where the path is another one or is not well encoded */
export function matchPattern(pattern: RoutePattern, path: string): PathParameters | undefined {
  if (!path.startsWith('/')) return undefined
  const given = path.slice(1).split('/')
  const parameters: Record<string, string> = {}
  for (const [index, segment] of pattern.segments.entries()) {
    const text = segment.kind === 'rest' ? given.slice(index).join('/') : given[index]
    if (text === undefined || text === '') return undefined
    if (segment.kind === 'rest') return place(parameters, segment.name, text)
    if (segment.kind === 'literal' ? text !== segment.text : place(parameters, segment.name, text) === undefined) return undefined
  }
  return given.length === pattern.segments.length ? parameters : undefined
}

function patternSegment(text: string): PatternSegment {
  const parameter = /^\{([a-z_]+)(\+?)\}$/.exec(text)
  if (parameter === null) return { kind: 'literal', text }
  return { kind: parameter[2] === '+' ? 'rest' : 'one', name: parameter[1] ?? '' }
}

function place(parameters: Record<string, string>, name: string, encoded: string): PathParameters | undefined {
  try {
    parameters[name] = decodeURIComponent(encoded)
    return parameters
  } catch {
    return undefined
  }
}
