import type { InspectedBody } from '../../../http/body.ts'
import type { CanonicalRequest, HeaderList } from '../../../http/request.ts'
import { deny, isDenial, type Denial } from '../../../model/denial.ts'
import type { Operation } from '../../../model/operation.ts'
import type { Match } from '../../integration.ts'
import { unresolved } from '../path-targets.ts'
import { readDocument } from './document.ts'
import { mutationOperation } from './mutation-operation.ts'
import { queryOperation } from './query-operation.ts'
import { refused } from './refused.ts'
import { readGraphqlBody } from './request-body.ts'
import { repositoryNamed } from './targets.ts'

/** Where a client names the repository that a mutation's token is confined to: `acme-corp/backend`. */
const TARGET_HEADER = 'postern-target'

/** What stands in the record of a document that was refused. No scopes suffice for it. */
const UNREAD: Omit<Operation, 'integration'> = {
  name: 'graphql', access: 'write', alternatives: [], targets: unresolved('the document was not read'), parameters: {},
}

/**
 * GitHub's GraphQL API: what a request does stands in its document alone, so that the body is always read.
 * @returns the match, or the denial of what is no POST of JSON
 */
export function matchGraphql(integration: string, request: CanonicalRequest): Match | Denial {
  if (request.method !== 'POST') return deny('method_refused', 'GraphQL by another method than POST', { hint: 'Send GraphQL documents by POST.' })
  if (request.query !== undefined) return deny('path_refused', 'a query string at the GraphQL endpoint', { hint: 'Send the document in the body.' })
  if (request.contentType !== 'application/json') return refused('a document that is not sent as application/json')
  const confinedTo = confinement(request.headers)
  if (isDenial(confinedTo)) return confinedTo
  return {
    operation: { integration, ...UNREAD },
    inspect: (body) => withIntegration(integration, graphqlOperation(body, confinedTo.repository)),
  }
}

/** What a whole body does, in GitHub's terms. Pure. */
export function graphqlOperation(body: InspectedBody, confinedTo: string | undefined): Omit<Operation, 'integration'> | Denial {
  const read = readGraphqlBody(body)
  if (isDenial(read)) return read
  const document = readDocument(read)
  if (isDenial(document)) return document
  const variables = { operation: document.operation, given: read.variables }
  return document.operation.operation === 'query' ? queryOperation(document, variables) : mutationOperation(document, variables, confinedTo)
}

function withIntegration(integration: string, operation: Omit<Operation, 'integration'> | Denial): Operation | Denial {
  return isDenial(operation) ? operation : { integration, ...operation }
}

function confinement(headers: HeaderList): { readonly repository: string | undefined } | Denial {
  const given = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === TARGET_HEADER)
  if (given.length === 0) return { repository: undefined }
  const repository = given.length === 1 ? repositoryNamed(given[0]?.trim()) : undefined
  return repository === undefined ? deny('header_refused', 'Postern-Target names no one repository', { hint: 'Postern-Target is `owner/name`, once.' }) : { repository }
}
