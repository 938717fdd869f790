import type { Secret } from '../lib/secret.ts'
import type { Credential } from '../model/credential.ts'
import type { Decision } from '../model/decision.ts'
import type { Denial } from '../model/denial.ts'
import type { CredentialId } from '../model/ids.ts'
import type { Principal } from '../model/principal.ts'
import type { Targets } from '../model/operation.ts'

/** What the authority is asked for: a credential for just this decided operation. */
export interface CredentialOrder {
  readonly principal: Principal
  readonly integration: string
  readonly operation: string
  /** The decided alternative, canonical; the credential carries no more. */
  readonly scopes: readonly string[]
  readonly targets: Targets
  /** The rule's `expires_in`; undefined for the issuer's own default. */
  readonly expiresInMs: number | undefined
  /** Whose access the credential lends: the person's own, through `connection`, or the organisation's. */
  readonly authority: 'person' | 'organisation'
  /** `released` where the agent itself gets the secret, by a rule of policy; recorded as such, and never shared with what goes through the proxy. */
  readonly delivery?: 'proxied' | 'released' | undefined
  /** The allowing decision, for the record of the issuance; what is issued follows from the fields above alone. */
  readonly decision: Decision
}

/** What an issuer made, before the authority gave it an id and recorded it. */
export type Issuance = Omit<Credential, 'id' | 'integration'>

/**
 * Makes credentials of one integration. Runs behind `src/sync/` only: it sees the long-lived secrets.
 * Expected refusals are denials; what broke is a Fault (`credential_unavailable`).
 */
export interface Issuer {
  /**
   * Orders with the same key may share a credential. Always contains the delegation (or the agent that acts for itself).
   */
  cacheKey(order: CredentialOrder): string
  issue(order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial>
  /** Ends the credential at the upstream, where the upstream can; undefined where it cannot. Idempotent. */
  readonly revoke: ((secret: Secret, signal: AbortSignal) => Promise<void>) | undefined
  /** Told that the upstream did not accept what was issued for this order, so that the next issuance need not give the same again. */
  rejected?(order: CredentialOrder, signal: AbortSignal): Promise<unknown>
}

/** A credential that lives upstream and must be ended there, also after a crash. */
export interface LiveCredential {
  readonly id: CredentialId
  readonly integration: string
  readonly secret: Secret
  readonly expiresAtMs: number
}
