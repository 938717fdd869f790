import type { ChainProofs } from '../../audit/chain-proofs.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { LoadedPolicies } from '../../policy/load.ts'
import type { RequestReading } from '../../policy/request-reading.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Directory } from '../../sync/contract.ts'
import type { ApprovalService } from '../approvals/contract.ts'
import type { Revoker } from '../revocation/contract.ts'
import type { AuthenticateDeps } from './access/authenticate.ts'
import type { ConfiguredAgent } from './agents/agent-entry.ts'
import type { AdminIntegrations } from './integrations/admin-integration.ts'
import type { LiveRecords } from './streams/record-feed.ts'

/** How the policies stand. */
export interface PolicyStatus {
  /** `sha256:…` of those in force. */
  readonly hash: string
  readonly loadedAtMs: number
  /** The last change that could not be used, if one came after those in force. */
  readonly rejected: { readonly atMs: number; readonly problems: readonly string[] } | undefined
}

/** What the admin API is made of. */
export interface AdminDeps extends AuthenticateDeps {
  /** The authority's own origin: `https://postern.acme.com`. */
  readonly origin: string
  readonly store: Pick<Store, 'agents' | 'delegations' | 'connections' | 'approvals' | 'auditIndex'>
  readonly directory: Pick<Directory, 'agent' | 'delegation'>
  readonly configuredAgents: () => readonly ConfiguredAgent[]
  readonly revoker: Revoker
  readonly approvals: ApprovalService
  readonly audit: AuditLog
  readonly liveRecords: LiveRecords
  /** Of this process's own log. */
  readonly auditProofs: Pick<ChainProofs, 'of'>
  readonly policy: () => PolicyStatus
  /** The policies in force, with their texts. */
  readonly policies: () => LoadedPolicies
  /** How the proxy finds what a request is. */
  readonly reading: RequestReading
  /** By name, in the order of the configuration. */
  readonly integrations: AdminIntegrations
  readonly breakGlassMaxMs: number
  readonly clock: Clock
  readonly timers: Timers
  /** Told of what broke, for the log: the answer says no more than a code. */
  readonly onBroken: (error: unknown) => void
}
