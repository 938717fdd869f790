import type { InspectedBody } from '../../../http/body.ts'
import type { Denial } from '../../../model/denial.ts'
import { refused } from './refused.ts'

/** The body of a GraphQL request, sound in form. */
export interface GraphqlBody {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

const MEMBERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables'])

/**
 * Reads the one form of a GraphQL request that is judged: a JSON object with the document itself. A batch, a persisted query
 * (`extensions`, `id`, `documentId`) and every other member are refused: what they stand for is known upstream alone.
 * @returns the denial `body_refused`; its detail tells the rule, never the content
 */
export function readGraphqlBody(body: InspectedBody): GraphqlBody | Denial {
  if (body.format !== 'json') return refused('the body is not one JSON object')
  if (Array.isArray(body.value)) return refused('a batch: each document is sent by itself')
  if (!isRecord(body.value)) return refused('the body is not one JSON object')
  const { query, operationName, variables } = body.value
  if (Object.keys(body.value).some((name) => !MEMBERS.has(name))) return refused('a member besides query, operationName and variables')
  if (typeof query !== 'string') return refused('query is not a text: persisted queries are not known here')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') return refused('operationName is not a text')
  // GitHub also reads a text of JSON there: one more parser than was asked.
  if (variables !== undefined && variables !== null && !isRecord(variables)) return refused('variables is not an object')
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
