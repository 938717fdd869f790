import type { Secret } from '../../lib/secret.ts'
import type { Agents } from './agents.ts'
import type { Approvals } from './approvals.ts'
import type { AuditIndex } from './audit-index.ts'
import type { Changes } from './changes.ts'
import type { Connections } from './connections.ts'
import type { Delegations } from './delegations.ts'
import type { Keyring } from './keyring.ts'
import type { LiveCredentials } from './live-credentials.ts'
import type { People } from './people.ts'
import type { ShortLived } from './short-lived.ts'

/** What the authority keeps over restarts; secrets encrypted. */
export interface Store {
  /** False once it is closed or lost, or while it cannot be reached: nothing can be stored then. */
  readonly open: boolean
  readonly agents: Agents
  readonly delegations: Delegations
  readonly people: People
  readonly approvals: Approvals
  readonly shortLived: ShortLived
  readonly keyring: Keyring
  readonly auditIndex: AuditIndex
  readonly changes: Changes
  readonly connections: Connections
  readonly liveCredentials: LiveCredentials
  /**
   * Puts other keys in force while it runs: the first seals from now on, and what others sealed is sealed anew.
   * @throws StoreError where something stored would not open any more: the old keys stay then
   */
  useKeys(keys: readonly [Secret, ...Secret[]]): Promise<void>
  /** Ends what is under way, then closes; idempotent. Later calls throw StoreError `store_closed`. */
  close(): Promise<void>
}
