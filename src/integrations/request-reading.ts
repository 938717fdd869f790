import { deny, isDenial } from '../model/denial.ts'
import type { RequestReading } from '../policy/request-reading.ts'
import { bodyNeed, inspectBody } from './inspect-body.ts'
import type { IntegrationIndex } from './integration-index.ts'
import { matchRequest } from './match-request.ts'

/** The steps by which the proxy finds what a request is, for requests that are only thought of. */
export function requestReading(integrations: Pick<IntegrationIndex, 'byOrigin'>): RequestReading {
  return {
    find(request, declared) {
      const { scheme, host, port } = request
      const integration = integrations.byOrigin(scheme, host, port)
      if (integration === undefined) return deny('host_not_served', `no integration serves ${scheme}://${host}:${port}`)
      const match = matchRequest(integration, request, () => declared(integration.name))
      return isDenial(match) ? match : { integration, match }
    },
    bodyNeed,
    inspect: (served, request, need, bytes) => inspectBody(served, request, need, bytes),
  }
}
