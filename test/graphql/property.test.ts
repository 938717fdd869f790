import * as fc from 'fast-check'
import { execute, GraphQLObjectType, GraphQLSchema, GraphQLString, Kind, parse, type GraphQLFieldConfigMap } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../src/integrations/github/graphql/document.ts'
import { Walk } from '../../src/integrations/github/graphql/walk.ts'
import { isDenial } from '../../src/model/denial.ts'

const NAMES = ['a', 'b', 'c', 'viewer'] as const
const FRAGMENTS = ['f', 'g', 'h'] as const
const VARIABLES = { yes: true, no: false }

const condition = fc.constantFrom('', ' @include(if: true)', ' @include(if: false)', ' @skip(if: $yes)', ' @skip(if: $no)', ' @include(if: $yes) @skip(if: false)')
const filler = fc.constantFrom(' ', ',', '\n', '\r\n', ' # } a\n', '\t')

/** Selections of the root as text: fields under aliases, inline fragments with and without a type, spreads. */
const { selections } = fc.letrec<{ selections: string; selection: string }>((tie) => ({
  selections: fc.tuple(fc.array(tie('selection'), { minLength: 1, maxLength: 4 }), filler).map(([all, between]) => `{${between}${all.join(between)}${between}}`),
  selection: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(fc.option(fc.constantFrom('x', 'y', ...NAMES)), fc.constantFrom(...NAMES), condition, filler).map(([alias, name, when, between]) => `${alias === null ? '' : `${alias}${between}:`}${name}${when}`),
    fc.tuple(fc.constantFrom(...FRAGMENTS), condition).map(([name, when]) => `...${name}${when}`),
    fc.tuple(fc.constantFrom('', ' on Query'), condition, tie('selections')).map(([type, when, inner]) => `...${type}${when}${inner}`),
  ),
}))

const document = fc.record({
  root: selections, f: selections, g: selections, h: selections,
  name: fc.constantFrom('', ' q'),
}).map(({ root, f, g, h, name }) => `fragment g on Query ${g} query${name}($yes: Boolean! = true, $no: Boolean! = false) ${root} fragment f on Query ${f} fragment h on Query ${h}`)

/** The root fields that graphql-js's own executor resolves. */
function executed(source: string): ReadonlySet<string> {
  const resolved = new Set<string>()
  const fields: GraphQLFieldConfigMap<unknown, unknown> = Object.fromEntries(NAMES.map((name) => [name, { type: GraphQLString, resolve: () => void resolved.add(name) }]))
  const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }), assumeValid: true })
  void execute({ schema, document: parse(source), variableValues: VARIABLES })
  return resolved
}

/** The root fields that are judged; undefined where the document is refused. */
function seen(source: string): ReadonlySet<string> | undefined {
  const read = readDocument({ query: source, operationName: undefined })
  if (isDenial(read)) return undefined
  const fields = new Walk(read.fragments).rootFields(read.operation.selectionSet.selections)
  return isDenial(fields) ? undefined : new Set(fields.map(({ field }) => field.name.value))
}

describe('what is judged and what is executed', () => {
  it('never differ in that something is executed that was not judged', () => {
    let accepted = 0
    fc.assert(fc.property(document, (source) => {
      const judged = seen(source)
      if (judged === undefined) return
      accepted += 1
      const missed = [...executed(source)].filter((name) => !judged.has(name))
      expect({ source, missed }).toEqual({ source, missed: [] })
    }), { numRuns: 600 })
    expect(accepted).toBeGreaterThan(50)
  })

  it('and of a document without conditions and cycles, just what is executed is judged', () => {
    const plain = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.boolean()), { minLength: 1, maxLength: 8 })
    fc.assert(fc.property(plain, plain, (root, inner) => {
      const text = (fields: typeof root, from: string): string => fields.map(([name, aliased], at) => `${aliased ? `${from}${at}: ` : ''}${name}`).join(' ')
      const source = `{ ...f ${text(root, 'x')} } fragment f on Query { ... { ${text(inner, 'y')} } }`
      expect(seen(source)).toEqual(executed(source))
    }), { numRuns: 200 })
  })

  it('whatever text comes, it is judged or refused, and nothing is thrown', () => {
    const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.tuple(document, fc.nat(400), fc.string({ maxLength: 3 })).map(([text, at, put]) => text.slice(0, at) + put + text.slice(at)))
    fc.assert(fc.property(noise, (source) => {
      const read = readDocument({ query: source, operationName: undefined })
      expect(isDenial(read) ? read.denial : read.operation.kind).toMatch(new RegExp(`^(?:body_refused|${Kind.OPERATION_DEFINITION})$`))
    }), { numRuns: 600 })
  })
})
