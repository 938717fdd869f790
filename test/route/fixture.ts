import { Later } from '../../src/lib/later.ts'
import type { CanonicalRequest } from '../../src/http/request.ts'
import { IntegrationIndex } from '../../src/integrations/integration-index.ts'
import { routesIntegration, type RoutesIntegrationOptions } from '../../src/integrations/routes/routes-integration.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { PolicySnapshot } from '../../src/policy/snapshot.ts'
import type { Routed, Snapped } from '../../src/proxy/exchange.ts'
import { routeStage } from '../../src/proxy/route/route.ts'
import { isDenial } from '../../src/model/denial.ts'
import { principal } from '../issuance/fixture.ts'
import { TestClient } from '../support/test-client.ts'

export const TICKETS: RoutesIntegrationOptions = {
  name: 'tickets',
  origins: [
    { scheme: 'https', host: 'tickets.internal', port: 8443, basePath: '/api' },
    { scheme: 'https', host: 'uploads.internal', port: 443, basePath: '' },
  ],
  routes: [
    { route: 'GET /api/v1/tickets/{id}', access: 'read', scopes: ['tickets:read'], targets: ['{id}'], opaque: [] },
    { route: 'POST /api/v1/tickets', access: 'write', scopes: ['tickets:write'], targets: ['{body.project}'], opaque: [] },
    { route: 'POST /api/v1/search', access: 'read', scopes: ['tickets:read'], targets: [], opaque: [] },
  ],
  credential: { placement: { in: 'query', name: 'Api_Key' } },
  credentialFields: undefined,
  exactScopes: false,
  foldTargetCase: false,
}

export const index = new IntegrationIndex([routesIntegration(TICKETS)])

export function request(over: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    method: 'GET', scheme: 'https', host: 'tickets.internal', port: 8443, path: '/api/v1/tickets/T-1', query: undefined,
    headers: over.contentType === undefined ? [] : ['Content-Type', over.contentType], contentType: undefined, framing: { kind: 'none' }, ...over,
  }
}

/** A policy that declares and looks at what the test says. */
export function snapshot(over: Partial<PolicySnapshot> = {}): PolicySnapshot {
  return {
    hash: 'sha256:test',
    needsBody: () => false,
    declaredOperation: () => undefined,
    evaluate: () => { throw new TypeError('nothing is decided here') },
    ...over,
  }
}

export function snapped(over: Partial<Snapped> = {}): Snapped {
  return {
    door: 'absolute', prefix: undefined, request: request(), principal: principal(), snapshot: snapshot(),
    client: new TestClient(), ...over,
  } as Snapped
}

/** The exchange with its route, where it has one. */
export function routed(over: Partial<Snapped> = {}): Routed {
  const exchange = snapped(over)
  const route = routeStage(index).run(exchange)
  if (route instanceof Promise || route instanceof Later || isDenial(route)) throw new Error('the test needs a request that has a route')
  return { ...exchange, route }
}

export const DECLARED: Operation = {
  integration: 'tickets', name: 'DELETE /api/v1/tickets/{id}', access: 'admin', alternatives: [['tickets:admin']], targets: { kind: 'none' }, parameters: {},
}
