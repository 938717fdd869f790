import type { InspectedBody } from '../http/body.ts'
import { parseBody } from '../http/body-parse.ts'
import type { CanonicalRequest } from '../http/request.ts'
import { deny, isDenial, type Denial } from '../model/denial.ts'
import type { BodyNeed, ReadRequest, ServedRequest } from '../policy/request-reading.ts'
import { refusedBody } from './client-credentials.ts'
import type { Match } from './integration.ts'
import { overrideInBody } from './method-override.ts'

/** Whether the body has to be read before the request can be judged. Pure. */
export function bodyNeed({ match, integration }: ServedRequest, request: CanonicalRequest, rulesLook: () => boolean): BodyNeed {
  if (match.inspect !== undefined || rulesLook()) return 'strict'
  return mayCarryCredential(request, integration.credentialFields) ? 'names' : 'none'
}

/** RFC 6750 section 2.2: a form is where clients put credentials of their own, whatever the operation. */
function mayCarryCredential({ contentType, framing }: CanonicalRequest, credentialFields: readonly string[]): boolean {
  return contentType === 'application/x-www-form-urlencoded' && framing.kind !== 'none' && credentialFields.length > 0
}

/** Judges a body that was read whole, and finds the whole operation. Pure; linear. */
export function inspectBody(
  { match, integration }: ServedRequest, request: CanonicalRequest, need: Exclude<BodyNeed, 'none'>, bytes: Buffer, maxBodyBytes?: number,
): (ReadRequest & { readonly body: InspectedBody }) | Denial {
  const body = need === 'strict' ? parseBody(request, bytes, maxBodyBytes) : unjudgedForm(request, bytes)
  if (isDenial(body)) return body
  const refused = overrideInBody(body) ?? refusedBody(body, integration)
  if (refused !== undefined) return refused
  return withOperation(match, body)
}

/** Its values are nobody's business, and a name may stand there twice, as some APIs have it; but its names must be readable. */
function unjudgedForm({ headers }: CanonicalRequest, bytes: Buffer): InspectedBody | Denial {
  const coded = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-encoding')
  return coded ? deny('body_refused', 'a form with a content coding') : { bytes, format: 'form', value: undefined }
}

function withOperation({ inspect, operation }: Match, body: InspectedBody): (ReadRequest & { readonly body: InspectedBody }) | Denial {
  if (inspect === undefined) return { operation, body }
  const whole = inspect(body)
  return isDenial(whole) ? { ...whole, refusedBody: body.value } : { operation: whole, body }
}
