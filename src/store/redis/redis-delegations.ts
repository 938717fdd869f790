import type { DelegationId, SessionId } from '../../model/ids.ts'
import type { StoreChange } from '../ports/changes.ts'
import type {
  DelegatedAccess, DelegationFilter, Delegations, EndedDelegation, NewDelegation, SessionFilter, StoredDelegation, StoredSession,
} from '../ports/delegations.ts'
import type { Page, PageWish } from '../ports/page.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import { DelegationRecords } from './delegation-records.ts'
import { OVERTAKEN, settled } from './records.ts'
import { SessionRecords } from './session-records.ts'
import type { StoreAccess } from './store-access.ts'

/**
 * Delegations and sessions in Redis. Whatever starts or ends a session under a delegation changes the delegation's revision too or is
 * conditional on it, so that no session is started beside the end of its delegation.
 */
export class RedisDelegations implements Delegations {
  readonly #access: StoreAccess
  readonly #delegations: DelegationRecords
  readonly #sessions: SessionRecords

  constructor(access: StoreAccess) {
    this.#access = access
    this.#delegations = new DelegationRecords(access)
    this.#sessions = new SessionRecords(access)
  }

  async create({ id, agent, person, access, expiresAtMs, session, sessionExpiresAtMs = expiresAtMs }: NewDelegation): Promise<StoredDelegation> {
    const now = this.#access.clock.nowMs()
    const created: StoredDelegation = {
      id, agent, person, access, state: 'active', createdAtMs: now, expiresAtMs, endedAtMs: undefined, endedBy: undefined, endReason: undefined, version: 1,
    }
    const commit = new Commit()
    this.#delegations.add(commit, created)
    this.#sessions.add(commit, started(created, session, now, Math.min(sessionExpiresAtMs, expiresAtMs)))
    if (!(await this.#commit(commit, { kind: 'delegation', id }, sessionChange(session)))) throw taken()
    return created
  }

  async get(id: DelegationId): Promise<StoredDelegation | undefined> {
    return (await this.#delegations.records.get(id))?.document
  }

  list(filter: DelegationFilter, page: PageWish): Promise<Page<StoredDelegation>> {
    return this.#delegations.list(filter, page)
  }

  change(id: DelegationId, version: number, access: readonly DelegatedAccess[], expiresAtMs: number): Promise<StoredDelegation | undefined> {
    return settled(async () => {
      const before = await this.#delegations.records.get(id)
      if (before === undefined || before.document.version !== version || !this.#runs(before.document)) return undefined
      const changed = { ...before.document, access, expiresAtMs, version: version + 1 }
      const commit = new Commit()
      this.#delegations.change(commit, before, changed)
      return (await this.#commit(commit, { kind: 'delegation', id })) ? changed : OVERTAKEN
    })
  }

  end(id: DelegationId, state: 'revoked' | 'expired', by: string, reason: string | undefined): Promise<EndedDelegation | undefined> {
    return settled(async () => {
      const before = await this.#delegations.records.get(id)
      if (before === undefined) return undefined
      if (before.document.state !== 'active') return { delegation: before.document, sessions: [], changed: false }
      const { version } = before.document
      const endedAtMs = this.#access.clock.nowMs()
      const delegation: StoredDelegation = { ...before.document, state, endedAtMs, endedBy: by, endReason: reason, version: version + 1 }
      const running = await this.#sessions.runningUnder(id)
      const commit = new Commit()
      this.#delegations.end(commit, before, delegation)
      for (const session of running) this.#sessions.end(commit, session, state)
      const sessions = running.map(({ document }) => document.id)
      return (await this.#commit(commit, { kind: 'delegation', id }, ...sessions.map(sessionChange))) ? { delegation, sessions, changed: true } : OVERTAKEN
    })
  }

  overdue(nowMs: number, limit: number): Promise<readonly StoredDelegation[]> {
    return this.#delegations.overdue(nowMs, limit)
  }

  startSession(delegation: DelegationId, id: SessionId, expiresAtMs: number): Promise<StoredSession | undefined> {
    return settled(async () => {
      const under = await this.#delegations.records.get(delegation)
      if (under === undefined || !this.#runs(under.document)) return undefined
      if ((await this.#sessions.records.head(id)) !== undefined) throw taken()
      const session = started(under.document, id, this.#access.clock.nowMs(), expiresAtMs)
      const commit = new Commit()
      this.#delegations.records.put(commit, delegation, under, under.document)
      this.#sessions.add(commit, session)
      return (await this.#commit(commit, sessionChange(id))) ? session : OVERTAKEN
    })
  }

  async session(id: SessionId): Promise<StoredSession | undefined> {
    return (await this.#sessions.records.get(id))?.document
  }

  sessions(filter: SessionFilter, page: PageWish): Promise<Page<StoredSession>> {
    return this.#sessions.list(filter, page)
  }

  setSessionSecret(id: SessionId, digest: string): Promise<boolean> {
    return settled(async () => {
      const before = await this.#sessions.records.get(id)
      if (before === undefined || before.document.endedAtMs !== undefined || before.document.expiresAtMs <= this.#access.clock.nowMs()) return false
      const commit = new Commit()
      this.#sessions.records.put(commit, id, before, { ...before.document, secretDigest: digest })
      return (await this.#commit(commit, sessionChange(id))) || OVERTAKEN
    })
  }

  endSession(id: SessionId, reason: string): Promise<boolean> {
    return settled(async () => {
      const before = await this.#sessions.records.get(id)
      if (before === undefined || before.document.endedAtMs !== undefined) return false
      const commit = new Commit()
      this.#sessions.end(commit, before, reason)
      return (await this.#commit(commit, sessionChange(id))) || OVERTAKEN
    })
  }

  overdueSessions(nowMs: number, limit: number): Promise<readonly StoredSession[]> {
    return this.#sessions.overdue(nowMs, limit)
  }

  async forgetEnded(beforeMs: number, limit: number): Promise<number> {
    let forgotten = 0
    for (const id of await this.#delegations.endedBefore(beforeMs, limit)) forgotten += await this.#forget(id)
    for (const id of await this.#sessions.endedBefore(beforeMs, limit)) forgotten += await this.#forgetSession(id)
    return forgotten
  }

  #forget(id: string): Promise<number> {
    return settled(async () => {
      const delegation = await this.#delegations.records.get(id)
      if (delegation === undefined) return 0
      const sessions = await this.#sessions.allUnder(id)
      const commit = new Commit()
      this.#delegations.remove(commit, delegation)
      for (const session of sessions) this.#sessions.remove(commit, session)
      return (await this.#access.link.commit(commit)) ? 1 + sessions.length : OVERTAKEN
    })
  }

  #forgetSession(id: string): Promise<number> {
    return settled(async () => {
      const session = await this.#sessions.records.get(id)
      if (session === undefined) return 0
      const commit = new Commit()
      this.#sessions.remove(commit, session)
      return (await this.#access.link.commit(commit)) ? 1 : OVERTAKEN
    })
  }

  #runs({ state, expiresAtMs }: StoredDelegation): boolean {
    return state === 'active' && expiresAtMs > this.#access.clock.nowMs()
  }

  #commit(commit: Commit, ...changes: readonly StoreChange[]): Promise<boolean> {
    return this.#access.feed.commit(commit, changes)
  }
}

function started({ id, agent, person }: StoredDelegation, session: SessionId, startedAtMs: number, expiresAtMs: number): StoredSession {
  return { id: session, delegation: id, agent, person, startedAtMs, expiresAtMs, endedAtMs: undefined, endReason: undefined, secretDigest: undefined }
}

function sessionChange(id: SessionId): StoreChange {
  return { kind: 'session', id }
}

function taken(): StoreError {
  return new StoreError('store_failed', 'The id of a new delegation or session is taken: ids are made at random, so this is a defect.')
}
