import type { AuditEvent } from '../../audit/event.ts'
import type { RegistryChanges } from '../../authority/registry/registry-changes.ts'
import type { Revoked } from '../../sync/contract.ts'

/** Who did what the configuration's file says. */
const BY = 'config'

/** What a changed configuration did, for the record. Pure. */
export function changeEvents({ revoked, restored, registered }: RegistryChanges, names: ReadonlyMap<string, string>): readonly AuditEvent[] {
  const agent = (id: string): AuditEvent['agent'] => ({ id, name: names.get(id) ?? id })
  const ended = (one: Revoked): AuditEvent => {
    switch (one.kind) {
      case 'agent': return { event: 'agent.revoked', agent: agent(one.id), by: BY, outcome: 'ok' }
      case 'delegation': return { event: 'delegation.revoked', delegation: one.id, by: BY, outcome: 'ok' }
      case 'session': return { event: 'session.ended', session: one.id, by: BY, outcome: 'revoked' }
      case 'connection': return { event: 'connection.revoked', connection: one.id, by: BY, outcome: 'ok' }
    }
  }
  const again = (one: Revoked): AuditEvent[] => {
    switch (one.kind) {
      case 'agent': return [{ event: 'agent.restored', agent: agent(one.id), by: BY, outcome: 'ok' }]
      case 'delegation': return [{ event: 'delegation.restored', delegation: one.id, by: BY, outcome: 'ok' }]
      case 'session': return [{ event: 'session.restored', session: one.id, by: BY, outcome: 'ok' }]
      // No file says that a connection is good again.
      case 'connection': return []
    }
  }
  return [
    ...revoked.map(ended),
    ...restored.flatMap(again),
    ...registered.map((id): AuditEvent => ({ event: 'agent.registered', agent: agent(id), by: BY, outcome: 'ok' })),
  ]
}
