import type { CanonicalRequest } from '../http/request.ts'
import { deny, isDenial, type Denial } from '../model/denial.ts'
import type { Operation } from '../model/operation.ts'
import { refusedQuery } from './client-credentials.ts'
import type { Integration, Match } from './integration.ts'
import { overrideInQuery } from './method-override.ts'

/** A stream of messages both ways is more than the read that its handshake looks like. */
const NO_WEBSOCKET = deny('operation_unknown', 'no operation of this integration is a WebSocket')

/**
 * What a request is in its integration's terms, by the catalogue or else by the route that a rule declares. Pure; O(path segments).
 * @param declared what rules say of it, asked only where no catalogue entry matches
 * @returns the denial of what no query may hold, `path_refused` or `operation_unknown`
 */
export function matchRequest(integration: Integration, request: CanonicalRequest, declared: () => Operation | undefined): Match | Denial {
  const refused = overrideInQuery(request.query) ?? refusedQuery(request.query, integration)
  if (refused !== undefined) return refused
  const match = request.upgrade === undefined || integration.catalogue.knowsWebSockets ? integration.catalogue.match(request) : NO_WEBSOCKET
  if (!isDenial(match) || match.denial !== 'operation_unknown' || isGraphql(request) || integration.mayDeclare?.(request) === false) return match
  const operation = declared()
  return operation === undefined ? match : { operation, inspect: undefined }
}

/** What a GraphQL request does stands in its document alone: no rule can declare it by its path. */
function isGraphql({ path, contentType }: CanonicalRequest): boolean {
  return contentType === 'application/graphql' || /\/graphql(?:[/;]|$)/i.test(path)
}
