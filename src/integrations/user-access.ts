import type { Secret } from '../lib/secret.ts'
import type { Denial } from '../model/denial.ts'
import type { ConnectionId } from '../model/ids.ts'
import type { Connection } from '../store/ports/connections.ts'

/** A person's own access at an upstream, ready to use. */
export interface UserAccess extends Pick<Connection, 'owner' | 'integration' | 'account' | 'scopes' | 'generation'> {
  readonly connection: ConnectionId
  readonly secret: Secret
  /** Wall clock; undefined where the upstream's tokens do not end. */
  readonly expiresAtMs: number | undefined
}

/** Where an issuer gets the access of a connection. */
export interface UserAccessSource {
  /**
   * The connection's token, refreshed where it is about to end; at one time one refresh, in all processes.
   * @returns `connection_required` where there is none or it was revoked, `connection_reauth_required` where only the person can renew it
   * @throws Fault `credential_unavailable`
   */
  access(id: ConnectionId, signal: AbortSignal): Promise<UserAccess | Denial>
  /**
   * The upstream did not accept the connection's token. Where that turns out true it is renewed, or the person is asked for.
   * @param generation whose tokens; undefined for those of now
   * @returns whether the next `access` may give another token
   */
  rejected(id: ConnectionId, generation: number | undefined, signal: AbortSignal): Promise<boolean>
}
