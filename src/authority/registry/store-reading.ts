import type { AgentId, ApprovalId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { Approval, ApprovalState } from '../../store/ports/approvals.ts'
import type { StoredAgent } from '../../store/ports/agents.ts'
import type { StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'
import type { Page, PageWish } from '../../store/ports/page.ts'
import type { Person } from '../../store/ports/people.ts'
import type { Store } from '../../store/ports/store.ts'

/** The parts of the store that the live copy is a copy of. */
export type CopiedStore = Pick<Store, 'agents' | 'delegations' | 'people' | 'approvals' | 'connections' | 'changes'>

/** Everything that the live copy keeps, as it stood while it was read. */
export interface Everything {
  readonly agents: readonly StoredAgent[]
  readonly revokedAgents: ReadonlySet<AgentId>
  readonly delegations: ReadonlyMap<DelegationId, StoredDelegation>
  readonly sessions: ReadonlyMap<SessionId, StoredSession>
  readonly people: ReadonlyMap<PersonId, Person>
  readonly approvals: ReadonlyMap<ApprovalId, Approval>
  /** Of those that were asked about. */
  readonly revokedConnections: readonly ConnectionId[]
}

const PAGE = 500
/** Approvals that were asked longer ago than any can run are of no concern; generous, since their lifetimes can be reconfigured. */
const OLDEST_APPROVAL_MS = 31 * 86_400_000

/**
 * Reads all that is active, part by part.
 * @param connections of which it is to be told whether they were revoked
 * @throws StoreError
 */
export async function readEverything(store: CopiedStore, connections: readonly ConnectionId[], nowMs: number): Promise<Everything> {
  const delegations = await all((page) => store.delegations.list({ state: 'active' }, page))
  // After the delegations: a session of one that was not there yet is told by the feed.
  const sessions = await all((page) => store.delegations.sessions({ running: true }, page))
  const states: readonly ApprovalState[] = ['pending', 'approved']
  const approvals: Approval[] = []
  for (const state of states) {
    approvals.push(...await all((page) => store.approvals.list({ state }, page), ({ askedAtMs }) => askedAtMs < nowMs - OLDEST_APPROVAL_MS))
  }
  return {
    agents: await store.agents.list(),
    revokedAgents: new Set((await store.agents.revocations()).map(({ agent }) => agent)),
    delegations: new Map(delegations.map((one) => [one.id, one])),
    sessions: new Map(sessions.map((one) => [one.id, one])),
    people: await peopleOf(store, delegations),
    approvals: new Map(approvals.map((one) => [one.id, one])),
    revokedConnections: await revokedAmong(store, connections),
  }
}

/** Every running session of one delegation. @throws StoreError */
export function readSessions(store: Pick<Store, 'delegations'>, delegation: DelegationId): Promise<readonly StoredSession[]> {
  return all((page) => store.delegations.sessions({ delegation, running: true }, page))
}

/**
 * A whole list, part by part.
 * @param enough ends the reading at the first item of which it is true: those after it are of no concern
 */
async function all<T>(read: (page: PageWish) => Promise<Page<T>>, enough: (item: T) => boolean = () => false): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await read({ limit: PAGE, after })
    items.push(...page.items)
    after = page.items.some(enough) ? undefined : page.next
  } while (after !== undefined)
  return items
}

async function peopleOf(store: Pick<Store, 'people'>, delegations: readonly StoredDelegation[]): Promise<ReadonlyMap<PersonId, Person>> {
  const people = new Map<PersonId, Person>()
  for (const id of new Set(delegations.map(({ person }) => person))) {
    const person = await store.people.get(id)
    if (person !== undefined) people.set(id, person)
  }
  return people
}

async function revokedAmong(store: Pick<Store, 'connections'>, ids: readonly ConnectionId[]): Promise<ConnectionId[]> {
  const revoked: ConnectionId[] = []
  for (const id of ids) {
    const connection = await store.connections.get(id)
    if (connection === undefined || connection.state === 'revoked') revoked.push(id)
  }
  return revoked
}
