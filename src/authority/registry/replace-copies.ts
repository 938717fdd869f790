import { delegationRecord, sessionRecord } from './delegation-record.ts'
import type { Copies } from './change-reading.ts'
import type { Everything } from './store-reading.ts'

/**
 * Puts everything that was read in place of what the live copy held; what is not there any more has ended.
 * @param touched of what something newer was told while it was read (`delegation dlg_…`): it stays as it is, and is read by itself
 */
export function replaceCopies(everything: Everything, { registry, agents, approvals, nowMs }: Copies, touched: (key: string) => boolean): void {
  const { delegations, sessions } = everything
  agents.takeAll(everything.agents, everything.revokedAgents, (id) => touched(`agent ${id}`))
  for (const id of registry.live.ids()) if (!delegations.has(id) && !touched(`delegation ${id}`)) registry.delegationEnded(id, 'revoked')
  for (const id of registry.live.sessionIds()) if (!sessions.has(id) && !touched(`session ${id}`)) registry.sessionEnded(id)
  for (const stored of delegations.values()) {
    if (touched(`delegation ${stored.id}`)) continue
    // A person of whom something newer was told is read by themselves, once their delegations are here.
    registry.putDelegation(delegationRecord(stored, everything.people.get(stored.person)))
  }
  for (const stored of sessions.values()) if (!touched(`session ${stored.id}`)) registry.putSession(sessionRecord(stored))
  for (const id of approvals.ids()) if (!everything.approvals.has(id) && !touched(`approval ${id}`)) approvals.forget(id)
  for (const stored of everything.approvals.values()) if (!touched(`approval ${stored.id}`)) approvals.take(stored, nowMs())
  for (const id of everything.revokedConnections) if (!touched(`connection ${id}`)) registry.connectionEnded(id)
}
