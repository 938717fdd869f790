import type { Secret } from '../../lib/secret.ts'
import type { Denial } from '../../model/denial.ts'
import type { ConnectionId, PersonId } from '../../model/ids.ts'
import type { Connection } from '../../store/ports/connections.ts'

/** A person's own access at an upstream, ready to use. */
export interface UserAccess {
  readonly secret: Secret
  /** Wall clock; undefined where the upstream's tokens do not end. */
  readonly expiresAtMs: number | undefined
  /** What the upstream granted. */
  readonly scopes: readonly string[]
  readonly account: Connection['account']
}

/** The connections of people (design 5), as the rest of the authority sees them. */
export interface ConnectionDesk {
  /** Which integrations a person can connect, and how that is called: `Connect GitHub`. */
  connectable(): readonly { readonly integration: string; readonly title: string }[]
  /** Those of one person that are not revoked, in order of creation. */
  of(person: PersonId): Promise<readonly Connection[]>
  get(id: ConnectionId): Promise<Connection | undefined>
  /**
   * The connection's token, refreshed where it is about to end; at one time one refresh, in all processes.
   * @returns `connection_required` where there is none or it was revoked, `connection_reauth_required` where only the person can renew it
   * @throws Fault `credential_unavailable`
   */
  access(id: ConnectionId, signal: AbortSignal): Promise<UserAccess | Denial>
  /** Ends it here and, where the upstream can, there. @returns in one sentence what was left; undefined where nothing was */
  end(id: ConnectionId, reason: string): Promise<string | undefined>
}
