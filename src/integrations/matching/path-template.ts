import type { ParameterKind } from './parameter.ts'

/** One segment of a template. */
export type TemplatePart =
  | { readonly literal: string }
  | { readonly parameter: string; readonly kind: ParameterKind }

/** `/repos/{owner}/{repo}/contents/{path}`, taken apart. */
export interface PathTemplate {
  readonly text: string
  readonly parts: readonly TemplatePart[]
}

const PARAMETER = /^\{(\+?)([A-Za-z_][A-Za-z0-9_-]*)\}$/
const LITERAL = /^[A-Za-z0-9._~!$&'()*+,;=:@-]+$/

/**
 * Reads a template: literal segments and `{name}`; `{+name}` (RFC 6570 section 1.2) spans segments and stands last.
 * @param kindOf what each parameter may hold; `{+name}` is always `rest`
 * @throws TypeError where the text is no template
 */
export function parseTemplate(text: string, kindOf: (parameter: string) => ParameterKind = () => 'plain'): PathTemplate {
  if (!text.startsWith('/')) throw new TypeError(`a path template begins with "/": ${text}`)
  const segments = text === '/' ? [''] : text.slice(1).split('/')
  const parts = segments.map((segment) => parsePart(segment, text, kindOf))
  const names = parts.flatMap((part) => ('parameter' in part ? [part.parameter] : []))
  if (new Set(names).size !== names.length) throw new TypeError(`a parameter stands twice in ${text}`)
  if (parts.slice(0, -1).some((part) => 'kind' in part && part.kind === 'rest')) {
    throw new TypeError(`a parameter over several segments must stand last in ${text}`)
  }
  return { text, parts }
}

function parsePart(segment: string, text: string, kindOf: (parameter: string) => ParameterKind): TemplatePart {
  const match = PARAMETER.exec(segment)
  if (match !== null) {
    const parameter = match[2] as string
    return { parameter, kind: match[1] === '+' ? 'rest' : kindOf(parameter) }
  }
  const literal = LITERAL.test(segment) && segment !== '.' && segment !== '..'
  if (!literal && text !== '/') throw new TypeError(`"${segment}" is neither a literal segment nor {parameter} in ${text}`)
  return { literal: segment }
}
