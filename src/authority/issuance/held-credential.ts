import type { CredentialOrder } from '../../integrations/issuer.ts'
import type { Credential } from '../../model/credential.ts'
import type { IssuanceLimits } from './issuance-limits.ts'

/** One credential that was handed out and lives. */
export interface HeldCredential {
  /** Of the orders that it serves. */
  readonly key: string
  /** The order it was made for. */
  readonly order: CredentialOrder
  readonly credential: Credential
  /** Wall clock; from here on no longer handed out. */
  readonly usableUntilMs: number
  /** Wall clock; from here on renewed in the background when it is asked for. */
  readonly renewAtMs: number
}

/**
 * Works out when a new credential is to be renewed and when no longer handed out. Pure.
 * @param jitter 0 up to 1
 */
export function holdCredential(
  key: string, order: CredentialOrder, credential: Credential, nowMs: number, jitter: number, limits: IssuanceLimits,
): HeldCredential {
  const lifeMs = credential.expiresAtMs - nowMs
  if (lifeMs === Infinity) return { key, order, credential, usableUntilMs: Infinity, renewAtMs: Infinity }
  return {
    key,
    order,
    credential,
    usableUntilMs: credential.expiresAtMs - Math.min(limits.marginMs, lifeMs / 10),
    renewAtMs: nowMs + lifeMs * (limits.renewAfterShare + limits.renewJitterShare * jitter),
  }
}

/** Whether renewing could give a later end: not where the delegation, as this order shows it, ends the credential anyway. */
export function renewalHelps(held: HeldCredential, order: CredentialOrder, limits: IssuanceLimits): boolean {
  const delegationEndsAtMs = order.principal.delegation?.expiresAtMs ?? Infinity
  return delegationEndsAtMs > held.credential.expiresAtMs + limits.marginMs
}
