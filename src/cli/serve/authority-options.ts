import type { FileAuditLog } from '../../audit/file-audit-log.ts'
import type { PolicyStatus } from '../../authority/admin/admin-deps.ts'
import type { AuthorityServer } from '../../authority/server/authority-server.ts'
import type { AuthorityConfig, Config } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { WatchedPolicies } from '../../policy/watch.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ControlPlane } from './control-plane.ts'
import type { DialDependencies } from './dial-settings.ts'
import type { Logger } from './operational-log.ts'
import type { Started } from './started.ts'
import type { Upstreams } from './upstreams.ts'

/** The authority's port, open and not answering yet, and where browsers find it. */
export interface OpenedAuthority {
  readonly config: AuthorityConfig
  readonly server: AuthorityServer
  /** With the port that was found where none was named. */
  readonly url: string
  /** `127.0.0.1:8081`. */
  readonly address: string
}

/** What the authority is started with. */
export interface AuthorityOptions {
  readonly opened: OpenedAuthority
  readonly config: Config
  readonly plane: ControlPlane
  readonly store: Store
  readonly upstreams: Upstreams
  readonly policies: WatchedPolicies
  readonly policyStatus: () => PolicyStatus
  readonly audit: FileAuditLog
  readonly egress: DialDependencies
  /** The proxy's base URL for an integration. */
  baseUrl(integration: string): string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
  readonly started: Started
}
