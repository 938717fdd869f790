import type { PersonId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import type { AgentEntry } from '../admin/agents/agent-entry.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { isOperator, seesAll } from './frame.ts'
import type { Overview } from './overview-page.ts'

/** More than one page can show; whoever has more finds them by the command line. */
const MAX_SHOWN = 200

/** Everything that one person's overview shows. @throws StoreError */
export async function readOverview(person: PersonId, { store, agents, connections, clock }: DashboardDeps): Promise<Overview> {
  const nowMs = clock.nowMs()
  const [delegations, entries, own, waiting] = await Promise.all([
    store.delegations.list({ person, state: 'active' }, { limit: MAX_SHOWN }),
    agents.list(),
    connections.of(person),
    store.approvals.list({ person, kind: 'operation', state: 'pending' }, { limit: MAX_SHOWN }),
  ])
  return {
    delegations: delegations.items.filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    agentNames: new Map(entries.map(({ agent }) => [agent.id, agent.name])),
    connections: own,
    connectable: connections.connectable(),
    waiting: waiting.items,
    nowMs,
  }
}

/** All agents, or those that act or acted for the person. @throws StoreError */
export async function visibleAgents(who: BrowserSignIn, { store, agents }: DashboardDeps): Promise<readonly AgentEntry[]> {
  const entries = await agents.list()
  if (seesAll(who)) return entries
  const own = await store.delegations.list({ person: who.person.id }, { limit: MAX_SHOWN })
  const known = new Set(own.items.map(({ agent }) => agent))
  return entries.filter(({ agent }) => known.has(agent.id))
}

/** The questions that concern the person; for operators those of everybody, beside the requests for emergency access. @throws StoreError */
export async function readApprovals(who: BrowserSignIn, { store }: DashboardDeps): Promise<readonly Approval[]> {
  const all = isOperator(who) || seesAll(who)
  const { items } = await store.approvals.list(all ? {} : { person: who.person.id }, { limit: MAX_SHOWN })
  return items
}
