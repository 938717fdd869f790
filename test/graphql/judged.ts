import { graphqlOperation } from '../../src/integrations/github/graphql/graphql-catalogue.ts'
import { isDenial, type Denial } from '../../src/model/denial.ts'
import type { Operation } from '../../src/model/operation.ts'

type Judged = Omit<Operation, 'integration'>

/** What a document is, or its denial. */
export function judge(query: unknown, variables?: unknown, more: Readonly<Record<string, unknown>> = {}, confinedTo?: string): Judged | Denial {
  const value = { query, ...(variables === undefined ? {} : { variables }), ...more }
  return graphqlOperation({ bytes: Buffer.from(JSON.stringify(value)), format: 'json', value }, confinedTo)
}

/** What a document is; a denial fails the test. */
export function judged(query: string, variables?: unknown, confinedTo?: string): Judged {
  const operation = judge(query, variables, {}, confinedTo)
  if (isDenial(operation)) throw new Error(`${operation.denial}: ${operation.detail}`)
  return operation
}

/** The code and the reason of a refusal. */
export function refusal(query: unknown, variables?: unknown, more?: Readonly<Record<string, unknown>>): string {
  const operation = judge(query, variables, more)
  return isDenial(operation) ? `${operation.denial}: ${operation.detail}` : `allowed on: ${operation.name}`
}
