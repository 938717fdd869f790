import type { ConnectionId } from '../../model/ids.ts'
import type { DelegatedAccess, StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { Person } from '../../store/ports/people.ts'
import type { DelegationRecord, SessionRecord } from '../../sync/contract.ts'

/** What the live copy keeps of a delegation. */
export interface LiveDelegation extends DelegationRecord {
  readonly version: number
}

/** A stored delegation as the proxy reads it. Pure. */
export function delegationRecord(stored: StoredDelegation, person: Pick<Person, 'name' | 'groups'> | undefined): LiveDelegation {
  return {
    id: stored.id,
    agent: stored.agent,
    person: stored.person,
    personName: person?.name,
    groups: person?.groups ?? [],
    consent: stored.access.map(({ integration, scopes, targets }) => ({ integration, scopes, targets })),
    connections: connectionsOf(stored.access),
    expiresAtMs: stored.expiresAtMs,
    version: stored.version,
  }
}

/** A stored session as the proxy reads it. Pure. */
export function sessionRecord({ id, delegation, expiresAtMs, secretDigest }: StoredSession): SessionRecord {
  return { id, delegation, expiresAtMs, secretDigest }
}

/** Without a prototype: an integration's name is no property of Object's. */
function connectionsOf(access: readonly DelegatedAccess[]): Readonly<Record<string, ConnectionId>> {
  const connections = Object.create(null) as Record<string, ConnectionId>
  for (const { integration, connection } of access) if (connection !== undefined) connections[integration] = connection
  return connections
}
