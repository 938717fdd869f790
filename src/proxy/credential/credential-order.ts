import type { CredentialOrder } from '../../integrations/issuer.ts'
import type { Allowed } from '../exchange.ts'

/** What the allowing decision lets this request ask for, and no more. Pure. */
export function credentialOrder(exchange: Allowed): CredentialOrder {
  const { principal, inspection, decision, route } = exchange
  return {
    principal,
    integration: route.integration.name,
    operation: inspection.operation.name,
    scopes: decision.scopes,
    targets: inspection.operation.targets,
    expiresInMs: decision.expiresInMs,
    authority: decision.authority,
    decision,
  }
}

/**
 * Two orders with this key are the same order in every field that an issuer could look at. The delegation's end is left out on purpose:
 * a renewed token of the same delegation keeps its credential.
 */
export function localKey(order: CredentialOrder): string {
  const { agent, delegation } = order.principal
  return JSON.stringify([
    order.integration, order.operation, agent, delegation?.id ?? null, delegation?.session ?? null, delegation?.person ?? null,
    delegation?.standing?.connections[order.integration] ?? null, order.scopes, order.targets, order.expiresInMs ?? null, order.authority,
  ])
}
