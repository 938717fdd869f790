import type { AuditEvent } from '../../audit/event.ts'
import type { Person } from '../../store/ports/people.ts'
import type { AccessRequest } from '../oauth/contract.ts'

/** A target list is cut there in a record: the request itself is bounded, a line should be shorter. */
const MOST_TARGETS = 16

/** One record for each integration that was asked for. `granted` is the desk's to record, with what was granted. Pure. */
export function consentRecords(what: 'requested' | 'denied', request: AccessRequest, person: Pick<Person, 'id' | 'name'>): readonly AuditEvent[] {
  const { agent, extend, access } = request
  if (agent === undefined) return []
  return access.map(({ integration, scopes, targets }) => ({
    event: what === 'requested' ? 'delegation.requested' : 'delegation.denied',
    agent: { id: agent.id, name: agent.name },
    user: { id: person.id, name: person.name },
    session: extend,
    integration,
    scopes,
    target: targets.length > MOST_TARGETS ? `${targets.slice(0, MOST_TARGETS).join(',')},…` : targets.join(','),
    outcome: what === 'requested' ? 'ok' : 'denied',
    reason: what === 'requested' ? undefined : 'the person said no',
  }))
}
