import { graphql, type ExecutionResult } from 'graphql'
import type { Answer } from '../../server/call.ts'
import { isJsonObject, parseJsonObject, textOf } from '../../server/json-body.ts'
import { jsonReply } from '../../server/reply.ts'
import { failure } from '../replies.ts'
import { tokenRoute, type GithubRoute, type Visit } from '../route.ts'
import { rootOf } from './root.ts'
import { standInSchema } from './schema.ts'

/** GitHub's one endpoint for GraphQL: HTTP 200 with `errors`, whatever becomes of a document. */
export const graphqlRoutes: readonly GithubRoute[] = [tokenRoute('POST', '/graphql', answerGraphql)]

async function answerGraphql(visit: Visit): Promise<Answer> {
  const body = parseJsonObject(visit.call.body)
  const source = body === undefined ? undefined : textOf(body, 'query')
  if (body === undefined) return failure(400, 'Problems parsing JSON')
  if (source === undefined) return jsonReply(200, { errors: [{ message: 'A query attribute must be specified and must be a string.' }] })
  const variables = body['variables']
  const result = await graphql({
    schema: standInSchema, source, rootValue: rootOf(visit),
    variableValues: isJsonObject(variables) ? { ...variables } : null,
    operationName: textOf(body, 'operationName') ?? null,
  })
  return jsonReply(200, asGithub(result))
}

/** GitHub tells the kind of an error beside its message. */
function asGithub({ data, errors }: ExecutionResult): object {
  if (errors === undefined) return { data }
  const told = errors.map(({ message, path, locations, extensions }) => ({ ...(extensions['type'] === undefined ? {} : { type: extensions['type'] }), path, locations, message }))
  return { ...(data === undefined ? {} : { data }), errors: told }
}
