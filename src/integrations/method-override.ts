import type { InspectedBody } from '../http/body.ts'
import { credentialInBody, credentialInQuery } from '../http/client-credential.ts'
import { deny, type Denial } from '../model/denial.ts'

/** Fields by which frameworks (Rack, Laravel, Symfony, Express) take another method than that of the request line; the headers are the listener's. */
const METHOD_FIELDS: readonly string[] = ['_method', 'x-http-method-override', 'x-http-method', 'x-method-override']

/** A query that has the upstream take the request for another method than was judged. */
export function overrideInQuery(query: string | undefined): Denial | undefined {
  // Most queries hold neither the word nor an escape that could hide it.
  return query === undefined || !/%|method/i.test(query) ? undefined : refused(credentialInQuery(query, METHOD_FIELDS), 'query')
}

/** The same for a body that is looked at. */
export function overrideInBody(body: InspectedBody): Denial | undefined {
  return refused(credentialInBody(body, METHOD_FIELDS), 'body')
}

function refused(field: string | undefined, where: string): Denial | undefined {
  if (field === undefined) return undefined
  return deny('request_ambiguous', `${field} in the ${where} names another method`, { hint: `Send the method in the request line, and no ${field}.` })
}
