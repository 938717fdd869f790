import type { CredentialOrder, Issuer } from '../../integrations/issuer.ts'

/**
 * Orders with this key share one credential. The issuer says what the upstream can tell apart; to whom the credential belongs and how
 * long it may live is not left to it: a credential never serves two agents, two delegations or two sessions, nor two connections, nor a rule
 * with a shorter life; and what left for an agent is never used for calls through the proxy.
 */
export function orderKey(order: CredentialOrder, issuer: Issuer): string {
  const { agent, delegation } = order.principal
  return JSON.stringify([
    order.integration,
    agent,
    delegation?.id ?? null,
    delegation?.session ?? null,
    delegation?.standing?.connections[order.integration] ?? null,
    order.authority,
    order.delivery ?? 'proxied',
    order.expiresInMs ?? null,
    issuer.cacheKey(order),
  ])
}
