import type { Revoked } from '../../sync/contract.ts'
import type { CredentialEnds } from './contract.ts'

/** Where credentials are ended, as a revocation sees it. */
export interface CredentialEnding {
  /**
   * What was dropped here since this was revoked, and how much of it the upstreams were told of. Called right after the revocation was told:
   * what was dropped by that counts too. Resolves once each upstream answered or was given up.
   */
  endAll(revoked: Revoked): Promise<readonly CredentialEnds[]>
}
