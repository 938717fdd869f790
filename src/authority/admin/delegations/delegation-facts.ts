import { mapBounded } from '../../../lib/map-bounded.ts'
import type { DelegationId } from '../../../model/ids.ts'
import type { AuditIndex } from '../../../store/ports/audit-index.ts'
import type { Connection } from '../../../store/ports/connections.ts'
import type { StoredDelegation } from '../../../store/ports/delegations.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { DelegationFacts } from '../wire/delegation.ts'

const AT_ONCE = 8

export interface DelegationFactsDeps extends Pick<AdminDeps, 'integrations' | 'directory'> {
  readonly store: Pick<AdminDeps['store'], 'connections' | 'auditIndex'>
}

/** Looks up what is told of each of these delegations beside what stands in it, a few at a time. @throws StoreError */
export async function delegationFacts(page: readonly StoredDelegation[], deps: DelegationFactsDeps): Promise<(stored: StoredDelegation) => DelegationFacts> {
  const { integrations, directory, store } = deps
  const bound = page.filter(({ access }) => access.some(({ connection }) => connection !== undefined))
  const lists = await mapBounded([...new Set(bound.map(({ person }) => person))], AT_ONCE, (person) => store.connections.list(person))
  const connections = new Map<string, Connection>(lists.flat().map((connection) => [connection.id, connection]))
  const uses = await mapBounded(page, AT_ONCE, async ({ id }) => [id, await lastUse(id, store.auditIndex)] as const)
  const lastUsed = new Map<DelegationId, number | undefined>(uses)
  return ({ id }) => ({ nameOf: (agent) => directory.agent(agent)?.name, ownerOf: (agent) => directory.agent(agent)?.owner, integrations, connections, lastUsedAtMs: lastUsed.get(id) })
}

/** Of the newest call by it; undefined for none that the index still has. */
async function lastUse(delegation: DelegationId, index: Pick<AuditIndex, 'query'>): Promise<number | undefined> {
  const [newest] = (await index.query({ delegation, event: 'api.call' }, { limit: 1 })).items
  return newest?.delegation === delegation ? newest.timeMs : undefined
}
