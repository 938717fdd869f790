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

/** What changes from one state to the next. Pure; O(size of both). */
export function registryChanges(before: RegistryIndex, after: RegistryIndex): RegistryChanges {
  const agents = agentChanges(before, after)
  return {
    revoked: [
      ...agents.revoked.map((id) => ({ kind: 'agent', id }) as const),
      ...missing(after.delegations, before.delegations).map((id) => ({ kind: 'delegation', id }) as const),
      ...missing(after.sessions, before.sessions).map((id) => ({ kind: 'session', id }) as const),
    ],
    restored: [
      ...agents.restored.map((id) => ({ kind: 'agent', id }) as const),
      ...missing(before.delegations, after.delegations).map((id) => ({ kind: 'delegation', id }) as const),
      ...missing(before.sessions, after.sessions).map((id) => ({ kind: 'session', id }) as const),
    ],
    registered: [...after.byId.values()].filter(({ id }) => !before.byId.has(id)).map(({ id }) => id),
  }
}

function agentChanges(before: RegistryIndex, after: RegistryIndex): { revoked: AgentId[], restored: AgentId[] } {
  const wasActive = [...before.byId.values()].filter(({ status }) => status === 'active').map(({ id }) => id)
  const wasRevoked = [...before.byId.values()].filter(({ status }) => status === 'revoked').map(({ id }) => id)
  return {
    revoked: wasActive.filter((id) => after.byId.get(id)?.status !== 'active'),
    restored: wasRevoked.filter((id) => after.byId.get(id)?.status === 'active'),
  }
}

/** The members of `all` that are not in `known`. */
function missing<T>(all: ReadonlySet<T>, known: ReadonlySet<T>): T[] {
  return [...all].filter((member) => !known.has(member))
}
