import type { AuditEvent } from '../../audit/event.ts'
import type { ReauthNotice } from '../../integrations/rotation/rotating-token.ts'
import type { Connection, ConnectionOwner } from '../../store/ports/connections.ts'
import type { Person } from '../../store/ports/people.ts'

/** `connection.created` or `connection.renewed`: who connected what, and with which scopes. */
export function connectedRecord(event: 'connection.created' | 'connection.renewed', connection: Connection, person: Person): AuditEvent {
  return {
    event,
    user: userOf(person),
    integration: connection.integration,
    connection: connection.id,
    scopes: connection.scopes,
    outcome: 'ok',
    ...(connection.account === undefined ? {} : { reason: `account ${connection.account.name} (${connection.account.id})` }),
  }
}

/** `connection.denied`: a person's connecting came to nothing. */
export function notConnectedRecord(integration: string, person: Person, reason: string, outcome: 'denied' | 'failed' = 'denied'): AuditEvent {
  return { event: 'connection.denied', user: userOf(person), integration, outcome, reason }
}

/** `connection.reauth_required`: only the person can renew it now. */
export function reauthRecord({ connection, integration, reason }: ReauthNotice, owner: ConnectionOwner): AuditEvent {
  return {
    event: 'connection.reauth_required',
    ...(owner === 'organisation' ? {} : { user: { id: owner, name: undefined } }),
    integration,
    connection,
    outcome: 'failed',
    code: 'connection_reauth_required',
    reason,
  }
}

function userOf({ id, name }: Person): NonNullable<AuditEvent['user']> {
  return { id, name }
}
