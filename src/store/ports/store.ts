import type { Connections } from './connections.ts'
import type { LiveCredentials } from './live-credentials.ts'

/** What the authority keeps over restarts; secrets encrypted. */
export interface Store {
  /** False once it is closed or lost: nothing can be stored any more. */
  readonly open: boolean
  readonly connections: Connections
  readonly liveCredentials: LiveCredentials
  /** Ends what is under way, then closes; idempotent. Later calls throw StoreError `store_closed`. */
  close(): Promise<void>
}
