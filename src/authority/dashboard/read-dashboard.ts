import type { AgentId, PersonId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import type { StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { AgentEntry } from '../admin/agents/agent-entry.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { seesAll } from './frame.ts'
import type { Overview } from './overview-page.ts'

/** More than one page can show; whoever has more finds them by the command line. */
const MAX_SHOWN = 200

/** Everything that one person's overview shows. @throws StoreError */
export async function readOverview(who: BrowserSignIn, deps: DashboardDeps): Promise<Overview> {
  const { agents, connections, clock } = deps
  const person = who.person.id
  const nowMs = clock.nowMs()
  const [standing, entries, own, waiting] = await Promise.all([readStanding({ person }, deps), agents.list(), connections.of(person), readWaiting(who, deps)])
  return {
    ...standing, waiting, nowMs,
    agentNames: new Map(entries.map(({ agent }) => [agent.id, agent.name])),
    connections: own,
    connectable: connections.connectable(),
  }
}

/** Delegations that are good now, and what runs under them. @throws StoreError */
export async function readStanding(
  filter: { readonly person?: PersonId | undefined; readonly agent?: AgentId | undefined }, { store, clock }: DashboardDeps,
): Promise<{ readonly delegations: readonly StoredDelegation[]; readonly sessions: readonly StoredSession[] }> {
  const nowMs = clock.nowMs()
  const [delegations, sessions] = await Promise.all([
    store.delegations.list({ ...filter, state: 'active' }, { limit: MAX_SHOWN }),
    store.delegations.sessions({ ...filter, running: true }, { limit: MAX_SHOWN }),
  ])
  const isNow = ({ expiresAtMs }: { readonly expiresAtMs: number }): boolean => expiresAtMs > nowMs
  return { delegations: delegations.items.filter(isNow), sessions: sessions.items.filter(isNow) }
}

/** All agents, or those that act or acted for the person. @throws StoreError */
export async function visibleAgents(who: BrowserSignIn, { store, agents }: DashboardDeps): Promise<readonly AgentEntry[]> {
  const entries = await agents.list()
  if (seesAll(who)) return entries
  const own = await store.delegations.list({ person: who.person.id }, { limit: MAX_SHOWN })
  const known = new Set(own.items.map(({ agent }) => agent))
  return entries.filter(({ agent }) => known.has(agent.id))
}


/** The questions that concern the person; for operators and auditors those of everybody. @throws StoreError */
export async function readApprovals(who: BrowserSignIn, { store, clock }: DashboardDeps): Promise<readonly Approval[]> {
  const { items } = await store.approvals.list(seesAll(who) ? {} : { person: who.person.id }, { limit: MAX_SHOWN })
  return items.map((approval) => asOfNow(approval, clock.nowMs()))
}

/** One whose time is over is expired, whether it was marked so yet or not. Pure. */
export function asOfNow(approval: Approval, nowMs: number): Approval {
  const { state, answerByMs, validUntilMs } = approval
  const over = (state === 'pending' && answerByMs <= nowMs) || (state === 'approved' && (validUntilMs ?? 0) <= nowMs)
  return over ? { ...approval, state: 'expired' } : approval
}

/** Questions about one's own agents, and requests of colleagues for emergency access that one can grant. */
async function readWaiting(who: BrowserSignIn, { store, approvals, clock }: DashboardDeps): Promise<readonly Approval[]> {
  const page = { limit: MAX_SHOWN }
  const [own, lending] = await Promise.all([
    store.approvals.list({ person: who.person.id, kind: 'operation', state: 'pending' }, page),
    seesAll(who) ? store.approvals.list({ kind: 'break_glass', state: 'pending' }, page) : { items: [] },
  ])
  return [...own.items, ...lending.items].filter((approval) => asOfNow(approval, clock.nowMs()).state === 'pending' && approvals.mayAnswer(approval, who))
}
