import type { CredentialOrder, Issuance } from '../../integrations/issuer.ts'
import type { Credential } from '../../model/credential.ts'
import type { CredentialId } from '../../model/ids.ts'

/** ECMA-262 section 21.4.1.1: beyond it there is no date that a record could hold, whatever an upstream says of its tokens. */
const LAST_DATE_MS = 8.64e15

/**
 * Gives what an issuer made its id and its end: no later than the rule's `expires_in`, and no later than the person's delegation.
 * Where that is earlier than the upstream's own end, the latter is kept as `upstreamExpiresAtMs`. Pure.
 */
export function boundedCredential(made: Issuance, order: CredentialOrder, id: CredentialId, nowMs: number): Credential {
  const ruleEndsAtMs = order.expiresInMs === undefined ? Infinity : nowMs + order.expiresInMs
  const delegationEndsAtMs = order.principal.delegation?.expiresAtMs ?? Infinity
  const expiresAtMs = Math.min(made.expiresAtMs, ruleEndsAtMs, delegationEndsAtMs)
  const upstreamEndsAtMs = made.upstreamExpiresAtMs ?? made.expiresAtMs
  return {
    id,
    integration: order.integration,
    secret: made.secret,
    placement: made.placement,
    lifetime: made.lifetime,
    expiresAtMs,
    upstreamExpiresAtMs: upstreamEndsAtMs > expiresAtMs && upstreamEndsAtMs <= LAST_DATE_MS ? upstreamEndsAtMs : undefined,
    narrowedBy: made.narrowedBy,
  }
}
