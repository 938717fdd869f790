import type { CanonicalRequest } from '../../http/request.ts'
import type { Integration, Match } from '../../integrations/integration.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Principal } from '../../model/principal.ts'
import type { Route, Snapped, Stage } from '../exchange.ts'
import { refusedQuery } from './client-credentials.ts'
import { overrideInQuery } from './method-override.ts'

/** Finds the integration by host or prefix and what the request is in its terms. Synchronous. */
export function routeStage(integrations: IntegrationIndex): Stage<Snapped, 'route', Route> {
  return {
    name: 'route',
    adds: 'route',
    run(exchange) {
      const served = exchange.door === 'reverse' ? byPrefix(exchange, integrations) : byOrigin(exchange.request, integrations)
      if (isDenial(served)) return served
      const { integration, request } = served
      const refused = strayStandIn(exchange.principal, integration) ?? overrideInQuery(request.query) ?? refusedQuery(request.query, integration)
      if (refused !== undefined) return refused
      const match = matchOf(exchange, integration, request)
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
  const origin = integration?.origins[0]
  if (integration === undefined || origin === undefined) return deny('integration_unknown', 'the prefix is no integration')
  const { scheme, host, port, basePath } = origin
  return { integration, request: { ...request, scheme, host, port, path: basePath + request.path } }
}

function matchOf({ principal, snapshot }: Snapped, integration: Integration, request: CanonicalRequest): Match | Denial {
  const match = integration.catalogue.match(request)
  if (!isDenial(match) || match.denial !== 'operation_unknown' || isGraphql(request)) return match
  const declared = snapshot.declaredOperation(principal, integration.name, request)
  return declared === undefined ? match : { operation: declared, inspect: undefined }
}

/** What a GraphQL request does stands in its document alone: no rule can declare it by its path. */
function isGraphql({ path, contentType }: CanonicalRequest): boolean {
  return contentType === 'application/graphql' || /\/graphql(?:[/;]|$)/i.test(path)
}
