import { Kind, parse, type DefinitionNode, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql/language'
import { isDenial, type Denial } from '../../../model/denial.ts'
import { MAX_COMMENTS, MAX_DOCUMENT_LENGTH, MAX_FRAGMENTS, MAX_TOKENS, MAX_VARIABLES } from './bounds.ts'
import { refused } from './refused.ts'
import type { GraphqlBody } from './request-body.ts'
import { isPlain } from './walk.ts'

/** The one operation of a document, and its fragments by name. */
export interface GraphqlDocument {
  readonly operation: OperationDefinitionNode & { readonly operation: 'query' | 'mutation' }
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

/**
 * What lexers differ in: a carriage return by itself ends a comment in the specification and does not in every implementation, so that one would
 * execute what another took for a comment; the others are white space to some, an error or an end to others.
 */
// oxlint-disable-next-line no-control-regex
const READ_IN_TWO_WAYS = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff]/

/**
 * Parses a document to its one operation. The grammar is graphql-js's; beyond it just what every server reads alike.
 * @returns the denial `body_refused`; its detail tells the rule, never the content
 */
export function readDocument({ query, operationName }: Pick<GraphqlBody, 'query' | 'operationName'>): GraphqlDocument | Denial {
  if (query.length > MAX_DOCUMENT_LENGTH) return refused(`a document of more than ${MAX_DOCUMENT_LENGTH} characters`)
  if (READ_IN_TWO_WAYS.test(query) || !query.isWellFormed()) return refused('a document with characters that servers read in different ways')
  const document = parsed(query)
  if (document === undefined) return refused(`not a GraphQL document of at most ${MAX_TOKENS} tokens`)
  const fragments = fragmentsOf(document.definitions)
  if (isDenial(fragments)) return fragments
  const operation = operationOf(document.definitions, operationName)
  return isDenial(operation) ? operation : { operation, fragments }
}

function parsed(query: string): DocumentNode | undefined {
  try {
    return parse(query, { maxLexicalTokens: MAX_TOKENS, maxComments: MAX_COMMENTS })
  } catch {
    return undefined
  }
}

function fragmentsOf(definitions: readonly DefinitionNode[]): ReadonlyMap<string, FragmentDefinitionNode> | Denial {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) continue
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return refused('a definition of a schema')
    if (fragments.has(definition.name.value)) return refused('two fragments of one name')
    if (hasAny(definition.directives) || hasAny(definition.variableDefinitions)) return refused('a fragment with directives or variables')
    fragments.set(definition.name.value, definition)
    if (fragments.size > MAX_FRAGMENTS) return refused(`more than ${MAX_FRAGMENTS} fragments`)
  }
  return fragments
}

/** Of several operations the name would pick one; a server that picks another would execute what nobody judged. */
function operationOf(definitions: readonly DefinitionNode[], operationName: string | undefined): GraphqlDocument['operation'] | Denial {
  const [operation, another] = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) return refused('a document without an operation')
  if (another !== undefined) return refused('a document with several operations')
  if (operationName !== undefined && operationName !== operation.name?.value) return refused('operationName is not the name of the operation')
  if (operation.operation === 'subscription') return refused('a subscription')
  if (hasAny(operation.directives) || operation.description !== undefined) return refused('an operation with directives or a description')
  return variablesProblem(operation) ?? { ...operation, operation: operation.operation }
}

function variablesProblem({ variableDefinitions = [] }: OperationDefinitionNode): Denial | undefined {
  const names = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  if (names.size < variableDefinitions.length) return refused('two variables of one name')
  if (names.size > MAX_VARIABLES) return refused(`more than ${MAX_VARIABLES} variables`)
  if (variableDefinitions.some(({ directives }) => hasAny(directives))) return refused('a variable with directives')
  const plain = variableDefinitions.every(({ defaultValue }) => defaultValue === undefined || isPlain(defaultValue))
  return plain ? undefined : refused('a default with a name twice, or of too many levels')
}

function hasAny(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0
}
