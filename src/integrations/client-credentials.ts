import type { InspectedBody } from '../http/body.ts'
import { credentialInBody, credentialInQuery } from '../http/client-credential.ts'
import type { Integration } from './integration.ts'
import { deny, type Denial } from '../model/denial.ts'

/** A client that brings its own credential in the query is refused: taking it out would change what was judged. */
export function refusedQuery(query: string | undefined, integration: Integration): Denial | undefined {
  return refused(credentialInQuery(query, fieldNames(integration)), 'query')
}

/** The same for a body that is looked at. */
export function refusedBody(body: InspectedBody, integration: Integration): Denial | undefined {
  return refused(credentialInBody(body, fieldNames(integration)), 'body')
}

function refused(field: string | undefined, where: string): Denial | undefined {
  if (field === undefined) return undefined
  return deny('client_credential_refused', `the ${where} has the credential field ${field}`, {
    hint: `Send no ${field} in the ${where}: Postern puts the credential on.`,
  })
}

const lowerCase = new WeakMap<Integration, readonly string[]>()

function fieldNames(integration: Integration): readonly string[] {
  const known = lowerCase.get(integration)
  if (known !== undefined) return known
  const names = integration.credentialFields.map((name) => name.toLowerCase())
  lowerCase.set(integration, names)
  return names
}
