import type { InspectedBody } from '../../http/body.ts'
import type { CanonicalRequest } from '../../http/request.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Operation } from '../../model/operation.ts'
import type { Catalogue, Match } from '../integration.ts'
import { readMessage } from './message.ts'
import { END_OPERATION, STREAM_OPERATION } from './methods.ts'
import type { McpOperations } from './operations.ts'
import { headerMismatch, readRoutingHeaders, type RoutingHeaders } from './routing-headers.ts'

/** What stands in the record of a message whose body was refused. */
const UNREAD = 'message'

/**
 * An MCP server's one endpoint: what a POST is, its message tells; GET opens the server's stream, DELETE ends the session (until 2025-11-25).
 * @param endpoint the path
 */
export function mcpCatalogue(endpoint: string, operations: McpOperations): Catalogue {
  return {
    match(request) {
      if (request.path !== endpoint) return deny('operation_unknown', 'not the path of the MCP endpoint')
      // No revision knows one: what it would mean to the server nobody can tell.
      if (request.query !== undefined) return deny('path_refused', 'a query at the MCP endpoint', { hint: 'The MCP endpoint takes no query.' })
      const headers = readRoutingHeaders(request.headers)
      return isDenial(headers) ? headers : matchMethod(request, headers, operations)
    },
  }
}

function matchMethod(request: CanonicalRequest, headers: RoutingHeaders, operations: McpOperations): Match | Denial {
  switch (request.method) {
    case 'POST':
      if (request.contentType !== 'application/json') return deny('body_refused', 'a message that is not sent as application/json')
      return { operation: operations.upkeep(UNREAD), inspect: (body) => judged(body, headers, operations) }
    case 'GET':
      return withoutBody(request, operations.upkeep(STREAM_OPERATION))
    case 'DELETE':
      return withoutBody(request, operations.upkeep(END_OPERATION))
    default:
      return deny('method_refused', 'the MCP endpoint takes POST, GET and DELETE')
  }
}

function withoutBody({ framing }: CanonicalRequest, operation: Operation): Match | Denial {
  const empty = framing.kind === 'none' || (framing.kind === 'length' && framing.bytes === 0)
  return empty ? { operation, inspect: undefined } : deny('body_refused', 'a body on GET or DELETE')
}

function judged(body: InspectedBody, headers: RoutingHeaders, operations: McpOperations): Operation | Denial {
  const message = readMessage(body)
  if (isDenial(message)) return message
  return headerMismatch(headers, message) ?? operations.ofMessage(message)
}
