import type { CanonicalRequest } from '../../http/request.ts'
import type { Integration } from '../../integrations/integration.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import { matchRequest } from '../../integrations/match-request.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Principal } from '../../model/principal.ts'
import type { Route, Snapped, Stage } from '../exchange.ts'

/** Finds the integration by host or prefix and what the request is in its terms. Synchronous. */
export function routeStage(integrations: IntegrationIndex): Stage<Snapped, 'route', Route> {
  return {
    name: 'route',
    adds: 'route',
    run(exchange) {
      const served = exchange.door === 'reverse' ? byPrefix(exchange, integrations) : byOrigin(exchange.request, integrations)
      if (isDenial(served)) return served
      const { integration, request } = served
      const stray = strayStandIn(exchange.principal, integration)
      if (stray !== undefined) return stray
      const match = matchRequest(integration, request, () => exchange.snapshot.declaredOperation(exchange.principal, integration.name, request))
      return isDenial(match) ? match : { integration, match, request }
    },
  }
}

/** A stand-in token is good for the one integration that it was exchanged for. */
function strayStandIn({ onlyIntegration }: Principal, { name }: Integration): Denial | undefined {
  if (onlyIntegration === undefined || onlyIntegration === name) return undefined
  return deny('proof_mismatch', `a stand-in token of ${onlyIntegration} was shown for ${name}`, { hint: `This token is good for ${onlyIntegration} alone.` })
}

interface Served {
  readonly integration: Integration
  readonly request: CanonicalRequest
}

function byOrigin(request: CanonicalRequest, integrations: IntegrationIndex): Served | Denial {
  const integration = integrations.byOrigin(request.scheme, request.host, request.port)
  if (integration === undefined) return deny('host_not_served', 'no integration has this origin')
  return { integration, request }
}

/** In reverse mode the client names the integration; where that is, only the configuration says. */
function byPrefix({ prefix, request }: Snapped, integrations: IntegrationIndex): Served | Denial {
  const integration = prefix === undefined ? undefined : integrations.byName(prefix)
  const origin = integration?.reverseOrigin?.(request.method, request.path) ?? integration?.origins[0]
  if (integration === undefined || origin === undefined) return deny('integration_unknown', 'the prefix is no integration')
  const { scheme, host, port, basePath } = origin
  const path = request.path === '/' && integration.endpoint !== undefined ? integration.endpoint : basePath + request.path
  return { integration, request: { ...request, scheme, host, port, path } }
}
