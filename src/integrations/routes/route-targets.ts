import type { InspectedBody } from '../../http/body.ts'
import type { Targets } from '../../model/operation.ts'
import { readBodyField, readQuery, type Read } from './read-value.ts'
import type { TargetPart, TargetTemplate } from './target-template.ts'

/** Where targets are read. `body` is undefined as long as nobody read it. */
export interface TargetSources {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: string | undefined
  readonly body: InspectedBody | undefined
}

/**
 * Works out what a request acts on. One template that cannot be resolved leaves the whole unresolved: an allow must cover all targets.
 * Pure.
 * @param canonical the form in which the upstream compares targets
 */
export function routeTargets(templates: readonly TargetTemplate[], sources: TargetSources, canonical: (text: string) => string): Targets {
  if (templates.length === 0) return { kind: 'none' }
  const names = new Set<string>()
  for (const template of templates) {
    const read = resolve(template, sources)
    if ('unclear' in read) return { kind: 'unresolved', reason: read.unclear }
    for (const value of read.values) names.add(canonical(value))
  }
  return { kind: 'named', names: [...names] }
}

function resolve({ parts }: TargetTemplate, sources: TargetSources): Read {
  const only = parts[0]
  if (parts.length === 1 && only !== undefined) return readPart(only, sources)
  let text = ''
  for (const part of parts) {
    const read = readPart(part, sources)
    if ('unclear' in read) return read
    if (read.values.length !== 1) return { unclear: 'a list stands where one name is needed' }
    // A separator inside a value would make another target of it.
    if (part.from !== 'literal' && read.values[0]?.includes('/')) return { unclear: 'a part of the target has a slash' }
    text += read.values[0]
  }
  return { values: [text] }
}

function readPart(part: TargetPart, { parameters, query, body }: TargetSources): Read {
  switch (part.from) {
    case 'literal':
      return { values: [part.text] }
    case 'path': {
      const value = parameters[part.parameter]
      return value === undefined ? { unclear: `the path has no ${part.parameter}` } : { values: [value] }
    }
    case 'query':
      return readQuery(query, part.name)
    case 'body':
      return body === undefined ? { unclear: 'the body tells the target' } : readBodyField(body, part.names)
  }
}
