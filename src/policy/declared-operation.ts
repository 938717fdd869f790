import type { CanonicalRequest } from '../http/request.ts'
import type { Access, Operation } from '../model/operation.ts'
import type { Route } from './routes.ts'
import type { Rule } from './rule.ts'

/**
 * The operation that an allow rule declares by its `route` and `scopes` for a request that no catalogue entry matches.
 * What the rule does not say is taken for the worst: without one `access` it writes, and its target is not resolved,
 * so that every deny rule about writes or targets of that integration holds. `scopes: []` declares that it needs none.
 * Pure.
 */
export function declaredOperation(allows: readonly Rule[], integration: string, request: CanonicalRequest): Operation | undefined {
  for (const rule of allows) {
    const route = rule.routes?.find((candidate) => candidate.matchesNarrowly(request))
    if (route === undefined || rule.scopes === undefined) continue
    return operationOf(rule, route, rule.scopes, integration, request)
  }
  return undefined
}

function operationOf(rule: Rule, route: Route, scopes: readonly string[], integration: string, request: CanonicalRequest): Operation {
  return {
    integration,
    name: route.text,
    access: onlyAccess(rule) ?? 'write',
    alternatives: [scopes],
    targets: { kind: 'unresolved', reason: `the route is known only from rule ${rule.reference.id}` },
    parameters: route.parametersOf(request.path),
  }
}

function onlyAccess(rule: Rule): Access | undefined {
  const [access, another] = rule.access ?? []
  return another === undefined ? access : undefined
}
