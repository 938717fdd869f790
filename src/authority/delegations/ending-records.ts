import type { AuditEvent } from '../../audit/event.ts'
import type { DelegationId, SessionId } from '../../model/ids.ts'
import type { EndedDelegation, StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import { byFact, partyFacts, type PartyNames } from './delegation-records.ts'

/** Whose will it was, and why. */
export interface Ending {
  readonly by: string
  readonly reason: string | undefined
}

/** One record for the delegation and one for each session that ended with it. */
export function endedRecords(ended: EndedDelegation, why: 'revoked' | 'expired', { by, reason }: Ending, names: PartyNames): AuditEvent[] {
  const { delegation, sessions } = ended
  const facts = { ...partyFacts(delegation.agent, delegation.person, names), by: byFact(by, delegation.person), delegation: delegation.id, reason }
  return [
    { event: why === 'revoked' ? 'delegation.revoked' : 'delegation.expired', ...facts, outcome: 'ok' },
    ...sessions.map((session): AuditEvent => ({ event: 'session.ended', ...facts, session, outcome: why === 'revoked' ? 'revoked' : 'ok' })),
  ]
}

/** A session that ended by itself, its delegation going on. */
export function sessionEndedRecord(
  { id, delegation, agent, person }: { readonly id: SessionId; readonly delegation: DelegationId } & Pick<StoredSession & StoredDelegation, 'agent' | 'person'>,
  why: 'revoked' | 'expired', { by, reason }: Ending, names: PartyNames,
): AuditEvent {
  return {
    event: 'session.ended', ...partyFacts(agent, person, names), by: byFact(by, person), delegation, session: id, reason,
    outcome: why === 'revoked' ? 'revoked' : 'ok',
  }
}
