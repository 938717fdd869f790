import type { StoreChange } from '../../store/ports/changes.ts'
import type { DelegationId } from '../../model/ids.ts'
import type { LiveApprovals } from '../approvals/live-approvals.ts'
import { delegationRecord, sessionRecord } from './delegation-record.ts'
import type { Registry } from './registry.ts'
import { readSessions, type CopiedStore } from './store-reading.ts'
import type { StoredAgents } from './stored-agents.ts'

/** A change of one thing. */
export type OneChange = Exclude<StoreChange, { readonly kind: 'keys' | 'all' }>

/** Where what was read is put. */
export interface Copies {
  readonly registry: Registry
  readonly agents: StoredAgents
  readonly approvals: LiveApprovals
  nowMs(): number
  /** A session was read whose delegation is not here: it is read, too. */
  readDelegation(id: DelegationId): void
}

/**
 * Reads the one thing again that has changed.
 * @returns what puts it into the live copy; to be called at once, and only if nothing newer was told of it in the meantime
 * @throws StoreError
 */
export async function readChange(change: OneChange, store: CopiedStore, copies: Copies): Promise<() => void> {
  switch (change.kind) {
    case 'agent': return readAgent(change.id, store, copies)
    case 'delegation': return readDelegation(change.id, store, copies)
    case 'session': return readSession(change.id, store, copies)
    case 'connection': return readConnection(change.id, store, copies)
    case 'approval': return readApproval(change.id, store, copies)
    case 'person': return readPerson(change.id, store, copies)
  }
}

type Read<Kind extends OneChange['kind']> = (id: Extract<OneChange, { kind: Kind }>['id'], store: CopiedStore, copies: Copies) => Promise<() => void>

const readAgent: Read<'agent'> = async (id, store, { agents }) => {
  const stored = await store.agents.get(id)
  const revocations = await store.agents.revocations()
  return () => agents.take(id, stored, revocations.some(({ agent }) => agent === id))
}

const readDelegation: Read<'delegation'> = async (id, store, { registry }) => {
  const stored = await store.delegations.get(id)
  if (stored === undefined || stored.state !== 'active') {
    return () => void registry.delegationEnded(id, stored?.state === 'expired' ? 'expired' : 'revoked')
  }
  const sessions = await readSessions(store, id)
  // Last: a sign-in that is told from here on finds the delegation in the copy.
  const person = await store.people.get(stored.person)
  return () => {
    registry.putDelegation(delegationRecord(stored, person))
    // Sessions that are missing are not ended by this: each tells its own end, and one may have begun after the list was read.
    for (const session of sessions) registry.putSession(sessionRecord(session))
  }
}

const readSession: Read<'session'> = async (id, store, { registry, readDelegation: readDelegationToo }) => {
  const stored = await store.delegations.session(id)
  if (stored === undefined || stored.endedAtMs !== undefined) return () => void registry.sessionEnded(id)
  return () => {
    if (registry.live.get(stored.delegation) === undefined) readDelegationToo(stored.delegation)
    else registry.putSession(sessionRecord(stored))
  }
}

const readConnection: Read<'connection'> = async (id, store, { registry }) => {
  const stored = await store.connections.get(id)
  if (stored === undefined || stored.state === 'revoked') return () => void registry.connectionEnded(id)
  return () => registry.connectionActive(id)
}

const readApproval: Read<'approval'> = async (id, store, { approvals, nowMs }) => {
  const stored = await store.approvals.get(id)
  return () => (stored === undefined ? approvals.forget(id) : approvals.take(stored, nowMs()))
}

const readPerson: Read<'person'> = async (id, store, { registry }) => {
  const stored = await store.people.get(id)
  return () => (stored === undefined ? undefined : registry.putPerson(stored))
}
