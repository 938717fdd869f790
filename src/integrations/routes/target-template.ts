/** Where one part of a target is read. */
export type TargetPart =
  | { readonly from: 'literal'; readonly text: string }
  | { readonly from: 'path'; readonly parameter: string }
  | { readonly from: 'query'; readonly name: string }
  | { readonly from: 'body'; readonly names: readonly string[] }

/** `{owner}/{body.project}`, taken apart. */
export interface TargetTemplate {
  readonly text: string
  readonly parts: readonly TargetPart[]
}

const PIECES = /\{([^{}]*)\}|([^{}]+)|([{}])/g
const PARAMETER = /^[A-Za-z_][A-Za-z0-9_-]*$/
const FIELD = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/

/** @throws TypeError where the text is no template */
export function parseTargetTemplate(text: string): TargetTemplate {
  if (/^(?:body|query)\./.test(text)) throw new TypeError(`"${text}" is a literal: write {${text}}`)
  const parts = [...text.matchAll(PIECES)].map(([, reference, literal]): TargetPart => {
    if (reference !== undefined) return parseReference(reference)
    if (literal === undefined) throw new TypeError(`a brace without its other in "${text}"`)
    return { from: 'literal', text: literal }
  })
  if (parts.length === 0) throw new TypeError('a target is not empty')
  return { text, parts }
}

function parseReference(reference: string): TargetPart {
  const [head = '', ...names] = reference.split('.')
  if (names.length === 0 && PARAMETER.test(head)) return { from: 'path', parameter: head }
  const named = names.length > 0 && names.every((name) => FIELD.test(name))
  if (named && head === 'body') return { from: 'body', names }
  if (named && head === 'query' && names.length === 1) return { from: 'query', name: names[0] as string }
  throw new TypeError(`{${reference}} is no parameter, {query.name} or {body.name}`)
}
