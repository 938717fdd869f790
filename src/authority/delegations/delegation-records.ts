import type { AuditEvent, EventCode } from '../../audit/event.ts'
import type { AgentId, PersonId } from '../../model/ids.ts'
import type { DelegatedAccess, StoredDelegation } from '../../store/ports/delegations.ts'

/** The names that a record shows beside the ids. */
export interface PartyNames {
  readonly agent: string
  readonly person: string | undefined
}

/** Who it is about. */
export function partyFacts(agent: AgentId, person: PersonId, names: PartyNames): Pick<AuditEvent, 'agent' | 'user'> {
  return { agent: { id: agent, name: names.agent }, user: { id: person, name: names.person } }
}

/**
 * What was approved, as `github:pulls:read` and, of the targets, each once.
 * @param event `delegation.granted` or `delegation.extended`
 */
export function approvedRecord(
  event: Extract<EventCode, 'delegation.granted' | 'delegation.extended'>,
  approved: Pick<StoredDelegation, 'id' | 'agent' | 'person' | 'access' | 'expiresAtMs'> & { readonly session: string; readonly nowMs: number },
  names: PartyNames,
): AuditEvent {
  const { access, nowMs } = approved
  return {
    event,
    ...partyFacts(approved.agent, approved.person, names),
    delegation: approved.id,
    session: approved.session,
    scopes: access.flatMap(({ integration, scopes }) => scopes.map((scope) => `${integration}:${scope}`)),
    target: targetsOf(access),
    expires_in: `${Math.floor((approved.expiresAtMs - nowMs) / 1000)}s`,
    outcome: 'ok',
  }
}

/** Who did it, where that is not the person whose delegation it is. */
export function byFact(by: string, person: PersonId | undefined): string | undefined {
  return by === person ? undefined : by
}

function targetsOf(access: readonly DelegatedAccess[]): string | undefined {
  const targets = [...new Set(access.flatMap(({ targets: of }) => of))]
  return targets.length === 0 ? undefined : targets.join(',')
}
