import type { CanonicalRequest } from '../http/request.ts'
import { isDenial, type Denial } from '../model/denial.ts'
import type { Operation } from '../model/operation.ts'
import type { ConsentDetail, Principal } from '../model/principal.ts'
import type { ReadRequest, RequestReading } from './request-reading.ts'
import type { PolicySnapshot } from './snapshot.ts'

/** What a request is that is only thought of, in the proxy's own steps: integration, operation, and the body where somebody looks at it. Pure. */
export function readOperation(
  snapshot: PolicySnapshot, reading: RequestReading, principal: Principal, request: CanonicalRequest, bytes: Buffer,
): ReadRequest | Denial {
  const served = reading.find(request, (integration) => snapshot.declaredOperation(principal, integration, request))
  if (isDenial(served)) return served
  const { operation } = served.match
  const need = reading.bodyNeed(served, request, () => snapshot.needsBody(principal, operation))
  return need === 'none' ? { operation, body: undefined } : reading.inspect(served, request, need, bytes)
}

/** The consent of a person who approved just this operation, wherever; for judging the other two layers. Pure. */
export function assumedConsent(operation: Operation | undefined): readonly ConsentDetail[] {
  return [{ integration: operation?.integration ?? '', scopes: [...new Set(operation?.alternatives.flat())], targets: ['**'] }]
}
