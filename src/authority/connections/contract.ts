import type { UserAccessSource } from '../../integrations/user-access.ts'
import type { ConnectionId, PersonId } from '../../model/ids.ts'
import type { Connection } from '../../store/ports/connections.ts'

/** The connections of people (design 5), as the rest of the authority sees them. */
export interface ConnectionDesk extends UserAccessSource {
  /** Which integrations a person can connect, and how that is called: `Connect GitHub`. */
  connectable(): readonly { readonly integration: string; readonly title: string }[]
  /** Those of one person that are not revoked, in order of creation. */
  of(person: PersonId): Promise<readonly Connection[]>
  get(id: ConnectionId): Promise<Connection | undefined>
  /** Ends it here and, where the upstream can, there. @returns in one sentence what was left; undefined where nothing was */
  end(id: ConnectionId, reason: string): Promise<string | undefined>
}
