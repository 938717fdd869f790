import type { Clock } from '../../../src/lib/clock.ts'
import type { AgentId, ApprovalId, ConnectionId, DelegationId, PersonId, SessionId } from '../../../src/model/ids.ts'
import type { Agents, AgentRevocation, StoredAgent } from '../../../src/store/ports/agents.ts'
import type { Approval, Approvals } from '../../../src/store/ports/approvals.ts'
import type { Changes, StoreChange } from '../../../src/store/ports/changes.ts'
import type { Connection } from '../../../src/store/ports/connections.ts'
import type { Delegations, StoredDelegation, StoredSession } from '../../../src/store/ports/delegations.ts'
import type { Page, PageWish } from '../../../src/store/ports/page.ts'
import type { People, Person } from '../../../src/store/ports/people.ts'
import type { Store } from '../../../src/store/ports/store.ts'

/** What lies in the store, whoever opens it. */
export class MemoryData {
  readonly clock: Clock
  readonly agents = new Map<AgentId, StoredAgent>()
  readonly revocations = new Map<AgentId, AgentRevocation>()
  readonly delegations = new Map<DelegationId, StoredDelegation>()
  readonly sessions = new Map<SessionId, StoredSession>()
  readonly people = new Map<PersonId, Person>()
  readonly approvals = new Map<ApprovalId, Approval>()
  readonly connections = new Map<ConnectionId, Connection>()
  readonly opened = new Set<MemoryStore>()

  constructor(clock: Clock) {
    this.clock = clock
  }
}

type Parts = Pick<Store, 'agents' | 'delegations' | 'people' | 'approvals' | 'connections' | 'changes'>

/** The store as one process has it: its own view of the feed, which a test can hold back, silence and let break. */
export class MemoryStore implements Parts {
  readonly data: MemoryData
  readonly #listeners = new Set<(change: StoreChange) => void>()
  readonly #held: StoreChange[] = []
  #isHolding = false
  #silentSinceMs: number | undefined
  /** Awaited by each reading, so that a test can hold it up. */
  beforeReading: (what: string) => Promise<void> = () => Promise.resolve()
  /** Awaited between reading and answering: the answer is then as old as a test wants it. */
  afterReading: (what: string) => Promise<void> = () => Promise.resolve()
  reads = 0

  constructor(data: MemoryData) {
    this.data = data
    data.opened.add(this)
  }

  /** Another process on the same data. */
  other(): MemoryStore {
    return new MemoryStore(this.data)
  }

  /** From now on nothing of others is heard; what is told meanwhile is lost. */
  fallSilent(): void {
    this.#silentSinceMs = this.data.clock.monotonicMs()
    this.#isHolding = true
  }

  /** Heard again: what was lost is told as `all`. */
  hearAgain(): void {
    this.#silentSinceMs = undefined
    this.#isHolding = false
    this.#held.length = 0
    this.#tell({ kind: 'all' })
  }

  readonly changes: Changes = {
    subscribe: (listener) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    },
    silentForMs: () => (this.#silentSinceMs === undefined ? 0 : this.data.clock.monotonicMs() - this.#silentSinceMs),
  }

  readonly agents: Agents = {
    list: () => this.#read('agents.list', () => [...this.data.agents.values()]),
    get: (id) => this.#read('agents.get', () => this.data.agents.get(id)),
    revocations: () => this.#read('agents.revocations', () => [...this.data.revocations.values()]),
    create: async (agent) => {
      if (this.data.agents.has(agent.id)) return undefined
      const stored = { ...agent, createdAtMs: this.data.clock.nowMs(), version: 1 }
      this.data.agents.set(agent.id, stored)
      return this.#changed(stored, { kind: 'agent', id: agent.id })
    },
    replace: async (agent, version) => {
      const known = this.data.agents.get(agent.id)
      if (known?.version !== version) return undefined
      const stored = { ...known, ...agent, version: version + 1 }
      this.data.agents.set(agent.id, stored)
      return this.#changed(stored, { kind: 'agent', id: agent.id })
    },
    revoke: async (revocation) => {
      if (this.data.revocations.has(revocation.agent)) return false
      this.data.revocations.set(revocation.agent, { ...revocation, revokedAtMs: this.data.clock.nowMs() })
      return this.#changed(true, { kind: 'agent', id: revocation.agent })
    },
    restore: async (id) => (this.data.revocations.delete(id) ? this.#changed(true, { kind: 'agent', id }) : false),
  }

  readonly delegations: Delegations = {
    create: async ({ session, sessionExpiresAtMs, ...delegation }) => {
      const nowMs = this.data.clock.nowMs()
      const stored: StoredDelegation = { ...delegation, state: 'active', createdAtMs: nowMs, endedAtMs: undefined, endedBy: undefined, endReason: undefined, version: 1 }
      this.data.delegations.set(stored.id, stored)
      this.#newSession(session, stored, sessionExpiresAtMs ?? stored.expiresAtMs)
      return this.#changed(stored, { kind: 'delegation', id: stored.id }, { kind: 'session', id: session })
    },
    get: (id) => this.#read('delegations.get', () => this.data.delegations.get(id)),
    list: (filter, page) => this.#read('delegations.list', () =>
      paged([...this.data.delegations.values()].toReversed().filter((one) => matches(one, filter)), page)),
    change: async (id, version, access, expiresAtMs) => {
      const known = this.data.delegations.get(id)
      if (known?.version !== version || known.state !== 'active' || known.expiresAtMs <= this.data.clock.nowMs()) return undefined
      const stored = { ...known, access, expiresAtMs, version: version + 1 }
      this.data.delegations.set(id, stored)
      return this.#changed(stored, { kind: 'delegation', id })
    },
    end: async (id, state, by, reason) => {
      const known = this.data.delegations.get(id)
      if (known === undefined) return undefined
      if (known.state !== 'active') return { delegation: known, sessions: [], changed: false }
      const delegation: StoredDelegation = { ...known, state, endedAtMs: this.data.clock.nowMs(), endedBy: by, endReason: reason, version: known.version + 1 }
      this.data.delegations.set(id, delegation)
      const sessions = [...this.data.sessions.values()].filter((session) => session.delegation === id && session.endedAtMs === undefined).map((session) => session.id)
      for (const session of sessions) this.#endSession(session, state)
      return this.#changed({ delegation, sessions, changed: true }, { kind: 'delegation', id }, ...sessions.map((session) => ({ kind: 'session', id: session }) as const))
    },
    overdue: (nowMs, limit) => this.#read('delegations.overdue', () =>
      [...this.data.delegations.values()].filter(({ state, expiresAtMs }) => state === 'active' && expiresAtMs <= nowMs).slice(0, limit)),
    startSession: async (id, session, expiresAtMs) => {
      const known = this.data.delegations.get(id)
      if (known?.state !== 'active' || known.expiresAtMs <= this.data.clock.nowMs()) return undefined
      return this.#changed(this.#newSession(session, known, expiresAtMs), { kind: 'session', id: session })
    },
    session: (id) => this.#read('session', () => this.data.sessions.get(id)),
    sessions: ({ running, ...filter }, page) => this.#read('sessions', () =>
      paged([...this.data.sessions.values()].toReversed().filter((one) => matches(one, filter) && (running !== true || one.endedAtMs === undefined)), page)),
    setSessionSecret: async (id, secretDigest) => {
      const known = this.data.sessions.get(id)
      if (known === undefined || known.endedAtMs !== undefined) return false
      this.data.sessions.set(id, { ...known, secretDigest })
      return this.#changed(true, { kind: 'session', id })
    },
    endSession: async (id, reason) => (this.#endSession(id, reason) ? this.#changed(true, { kind: 'session', id }) : false),
    overdueSessions: (nowMs, limit) => this.#read('overdueSessions', () =>
      [...this.data.sessions.values()].filter(({ endedAtMs, expiresAtMs }) => endedAtMs === undefined && expiresAtMs <= nowMs).slice(0, limit)),
    forgetEnded: () => Promise.resolve(0),
  }

  readonly people: People = {
    signIn: async (signIn) => {
      const nowMs = this.data.clock.nowMs()
      const person = { ...signIn, firstSeenAtMs: nowMs, lastSeenAtMs: nowMs }
      this.data.people.set(person.id, person)
      return this.#changed(person, { kind: 'person', id: person.id })
    },
    get: (id) => this.#read('people.get', () => this.data.people.get(id)),
  }

  readonly approvals: Approvals = {
    ask: async (asked) => {
      const nowMs = this.data.clock.nowMs()
      const open = [...this.data.approvals.values()].find(({ key, state, answerByMs, validUntilMs }) =>
        key === asked.key && ((state === 'pending' && answerByMs > nowMs) || (state === 'approved' && (validUntilMs ?? 0) > nowMs)))
      if (open !== undefined) return open
      const approval: Approval = { ...asked, state: 'pending', askedAtMs: nowMs, answeredBy: undefined, answeredAtMs: undefined, validUntilMs: undefined }
      this.data.approvals.set(approval.id, approval)
      return this.#changed(approval, { kind: 'approval', id: approval.id })
    },
    get: (id) => this.#read('approvals.get', () => this.data.approvals.get(id)),
    list: (filter, page) => this.#read('approvals.list', () => paged([...this.data.approvals.values()].toReversed().filter((one) => matches(one, filter)), page)),
    answer: async (id, answer, answeredBy, validUntilMs) => {
      const known = this.data.approvals.get(id)
      const nowMs = this.data.clock.nowMs()
      if (known?.state !== 'pending' || known.answerByMs <= nowMs) return undefined
      const approval: Approval = { ...known, state: answer, answeredBy, answeredAtMs: nowMs, validUntilMs }
      this.data.approvals.set(id, approval)
      return this.#changed(approval, { kind: 'approval', id })
    },
    expire: async (id) => {
      const known = this.data.approvals.get(id)
      if (known?.state !== 'pending' && known?.state !== 'approved') return false
      this.data.approvals.set(id, { ...known, state: 'expired' })
      return this.#changed(true, { kind: 'approval', id })
    },
    forgetEnded: () => Promise.resolve(0),
  }

  /** Only what the live copy reads and a revocation does. */
  readonly connections = {
    get: (id: ConnectionId) => this.#read('connections.get', () => this.data.connections.get(id)),
    revoke: async (id: ConnectionId, reason: string) => {
      const known = this.data.connections.get(id)
      if (known === undefined) return undefined
      const revoked: Connection = { ...known, state: 'revoked', stateReason: reason }
      this.data.connections.set(id, revoked)
      return this.#changed(revoked, { kind: 'connection', id })
    },
  } as unknown as Store['connections']

  /** Tells everybody of a change that a test made in the data itself. */
  announce(change: StoreChange): void {
    for (const store of this.data.opened) store.#hear(change)
  }

  async #read<T>(what: string, read: () => T): Promise<T> {
    this.reads += 1
    await this.beforeReading(what)
    const value = read()
    await this.afterReading(what)
    return value
  }

  /** Our own listeners before the promise resolves; those of others later. */
  async #changed<T>(value: T, ...changes: readonly StoreChange[]): Promise<T> {
    for (const change of changes) this.#hear(change)
    await Promise.resolve()
    for (const other of this.data.opened) if (other !== this) for (const change of changes) other.#hear(change)
    return value
  }

  #hear(change: StoreChange): void {
    if (this.#isHolding) this.#held.push(change)
    else this.#tell(change)
  }

  #tell(change: StoreChange): void {
    for (const listener of Array.from(this.#listeners)) listener(change)
  }

  #newSession(id: SessionId, { id: delegation, agent, person }: StoredDelegation, expiresAtMs: number): StoredSession {
    const session: StoredSession = {
      id, delegation, agent, person, startedAtMs: this.data.clock.nowMs(), expiresAtMs, endedAtMs: undefined, endReason: undefined, secretDigest: undefined,
    }
    this.data.sessions.set(id, session)
    return session
  }

  #endSession(id: SessionId, endReason: string): boolean {
    const known = this.data.sessions.get(id)
    if (known === undefined || known.endedAtMs !== undefined) return false
    this.data.sessions.set(id, { ...known, endedAtMs: this.data.clock.nowMs(), endReason })
    return true
  }
}

function matches<T extends object>(one: T, filter: Partial<Record<keyof T, unknown>>): boolean {
  return Object.entries(filter).every(([key, value]) => value === undefined || one[key as keyof T] === value)
}

/** By the last one's position in a list that only grows at its front. */
function paged<T extends { readonly id: string }>(items: readonly T[], { limit, after }: PageWish): Page<T> {
  const from = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1
  const part = items.slice(from, from + limit)
  return { items: part, next: from + limit < items.length ? part.at(-1)?.id : undefined }
}
