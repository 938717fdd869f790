import type { AgentRevocation, Agents, NewAgent, StoredAgent } from '../../../src/store/ports/agents.ts'
import type { Approval, ApprovalFilter } from '../../../src/store/ports/approvals.ts'
import type { AuditFilter, AuditIndex, IndexedRecord } from '../../../src/store/ports/audit-index.ts'
import { matchesIndexFilter } from '../../../src/audit/indexed-record.ts'
import type { Connection } from '../../../src/store/ports/connections.ts'
import type { StoredDelegation, StoredSession } from '../../../src/store/ports/delegations.ts'
import type { Page, PageWish } from '../../../src/store/ports/page.ts'
import type { Store } from '../../../src/store/ports/store.ts'
import { SeriesFold } from '../../../src/store/series-fold.ts'

function page<T>(all: readonly T[], { limit, after }: PageWish): Page<T> {
  const from = after === undefined ? 0 : Number(after)
  const items = all.slice(from, from + limit)
  return { items, next: from + limit < all.length ? String(from + limit) : undefined }
}

const holds = (wanted: unknown, is: unknown): boolean => wanted === undefined || wanted === is
const notHere = (): never => { throw new TypeError('the admin API has no business here') }

/** What the admin API uses of a store, in memory. */
export class MemoryStore {
  readonly storedAgents = new Map<string, StoredAgent>()
  readonly revoked = new Map<string, AgentRevocation>()
  readonly delegationsById = new Map<string, StoredDelegation>()
  readonly sessionsById = new Map<string, StoredSession>()
  readonly connectionsById = new Map<string, Connection>()
  readonly approvalsById = new Map<string, Approval>()
  readonly records: IndexedRecord[] = []
  /** While set, every call fails with it. */
  broken: Error | undefined

  readonly agents: Agents = {
    list: async () => this.#whole([...this.storedAgents.values()]),
    get: async (id) => this.#whole(this.storedAgents.get(id)),
    create: async (agent) => this.#create(agent),
    replace: async (agent, version) => this.#replace(agent, version),
    revocations: async () => this.#whole([...this.revoked.values()]),
    revoke: async (revocation) => {
      if (this.revoked.has(revocation.agent)) return false
      this.revoked.set(revocation.agent, { ...revocation, revokedAtMs: 0 })
      return true
    },
    restore: async (agent) => this.revoked.delete(agent),
  }

  readonly delegations = {
    get: async (id: string) => this.#whole(this.delegationsById.get(id)),
    list: async (filter: object, wish: PageWish) => page(this.#matching([...this.delegationsById.values()], filter), wish),
    change: async (id: string, version: number, access: StoredDelegation['access'], expiresAtMs: number) => {
      const before = this.delegationsById.get(id)
      if (before === undefined || before.version !== version || before.state !== 'active') return undefined
      const after = { ...before, access, expiresAtMs, version: version + 1 }
      this.delegationsById.set(id, after)
      return after
    },
    session: async (id: string) => this.#whole(this.sessionsById.get(id)),
    sessions: async ({ running, ...filter }: { running?: boolean | undefined }, wish: PageWish) =>
      page(this.#matching([...this.sessionsById.values()], filter).filter(({ endedAtMs }) => running !== true || endedAtMs === undefined), wish),
    create: notHere, end: notHere, overdue: notHere, startSession: notHere, setSessionSecret: notHere, endSession: notHere, overdueSessions: notHere,
  } as unknown as Store['delegations']

  readonly connections = {
    get: async (id: string) => this.#whole(this.connectionsById.get(id)),
    list: async (owner?: string) => [...this.connectionsById.values()].filter((each) => holds(owner, each.owner)),
  } as unknown as Store['connections']

  readonly approvals = {
    get: async (id: string) => this.#whole(this.approvalsById.get(id)),
    list: async (filter: ApprovalFilter, wish: PageWish) => page(this.#matching([...this.approvalsById.values()], filter), wish),
    expire: async (id: string) => {
      const before = this.approvalsById.get(id)
      if (before !== undefined) this.approvalsById.set(id, { ...before, state: 'expired' })
    },
  } as unknown as Store['approvals']

  readonly auditIndex: AuditIndex = {
    append: async (records) => void this.records.push(...records),
    lastSeq: async () => this.records.at(-1)?.seq ?? 0,
    query: async (filter: AuditFilter, wish) => {
      if (this.broken !== undefined) throw this.broken
      return page(this.records.filter((record) => matchesIndexFilter(record, filter)).toReversed(), wish)
    },
    get: async (chain, seq) => this.#whole(this.records.find((record) => record.chain === chain && record.seq === seq)),
    series: async (filter, window) => {
      const fold = new SeriesFold(window)
      for (const record of this.#whole(this.records)) if (matchesIndexFilter(record, filter)) fold.add(record)
      return fold.series()
    },
    prune: async () => undefined,
  }

  #whole<T>(value: T): T {
    if (this.broken !== undefined) throw this.broken
    return value
  }

  #matching<T extends object>(all: readonly T[], filter: object): readonly T[] {
    const wanted = Object.entries(filter)
    return this.#whole(all).filter((each) => wanted.every(([name, value]) => holds(value, (each as Readonly<Record<string, unknown>>)[name])))
  }

  #create(agent: NewAgent): StoredAgent | undefined {
    if (this.storedAgents.has(agent.id)) return undefined
    const stored = { ...agent, createdAtMs: Date.parse('2026-11-21T08:00:00Z'), version: 1 }
    this.storedAgents.set(agent.id, stored)
    return stored
  }

  #replace(agent: NewAgent, version: number): StoredAgent | undefined {
    const before = this.storedAgents.get(agent.id)
    if (before === undefined || before.version !== version) return undefined
    const after = { ...agent, createdAtMs: before.createdAtMs, version: version + 1 }
    this.storedAgents.set(agent.id, after)
    return after
  }
}
