import type { AgentId } from '../../model/ids.ts'
import type { Revoked } from '../../sync/contract.ts'
import type { RegistryIndex } from './registry-index.ts'

/** What a new state changed; everything that a record has to be written of. */
export interface RegistryChanges {
  /** Ended by this state: agents that were switched off or left out, delegations and sessions that were taken back. */
  readonly revoked: readonly Revoked[]
  /** Good again. */
  readonly restored: readonly Revoked[]
  readonly registered: readonly AgentId[]
}

/** An index, and whom the store's revocations switch off beside it. */
export interface RegistryView {
  readonly index: RegistryIndex
  readonly revokedAgents: ReadonlySet<AgentId>
}

/** What changes from one state to the next. Pure; O(size of both). */
export function registryChanges(before: RegistryView, after: RegistryView): RegistryChanges {
  const [was, is] = [before.index, after.index]
  const activeBefore = activeAgents(before)
  const activeAfter = activeAgents(after)
  const knownBefore = new Set(idsOf(before))
  return {
    revoked: [
      ...missing(activeBefore, activeAfter).map((id) => ({ kind: 'agent', id }) as const),
      ...missing(is.delegations, was.delegations).map((id) => ({ kind: 'delegation', id }) as const),
      ...missing(is.sessions, was.sessions).map((id) => ({ kind: 'session', id }) as const),
    ],
    restored: [
      ...missing(activeAfter, activeBefore).filter((id) => knownBefore.has(id)).map((id) => ({ kind: 'agent', id }) as const),
      ...missing(was.delegations, is.delegations).map((id) => ({ kind: 'delegation', id }) as const),
      ...missing(was.sessions, is.sessions).map((id) => ({ kind: 'session', id }) as const),
    ],
    registered: idsOf(after).filter((id) => !knownBefore.has(id)),
  }
}

function idsOf({ index }: RegistryView): AgentId[] {
  return Array.from(index.by.id.values(), ({ id }) => id)
}

function activeAgents({ index, revokedAgents }: RegistryView): ReadonlySet<AgentId> {
  const active = [...index.by.id.values()].filter(({ id, status }) => status === 'active' && !revokedAgents.has(id))
  return new Set(active.map(({ id }) => id))
}

/** The members of `all` that are not in `known`. */
function missing<T>(all: ReadonlySet<T>, known: ReadonlySet<T>): T[] {
  return [...all].filter((member) => !known.has(member))
}
