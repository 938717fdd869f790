import type { LiveCredential } from '../../integrations/issuer.ts'
import type { CredentialId } from '../../model/ids.ts'

/**
 * Credentials that live upstream and must be ended there at their time, also after a crash.
 * Added before the credential is handed out, removed once the upstream has ended it. All methods throw StoreError.
 */
export interface LiveCredentials {
  /** Durable once resolved; the same id again replaces. */
  add(credential: LiveCredential): Promise<void>
  /** Idempotent. */
  remove(id: CredentialId): Promise<void>
  /** This process's own, and those that a process left behind that is no longer there; the soonest to expire first. */
  list(): Promise<readonly LiveCredential[]>
}
