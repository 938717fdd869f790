import type { SessionFilter, StoredSession } from '../ports/delegations.ts'
import type { Page, PageWish } from '../ports/page.ts'
import type { Commit } from './commit.ts'
import { pageOf } from './ordered-index.ts'
import { Records, type Stored } from './records.ts'
import type { StoreAccess } from './store-access.ts'

/** The sessions with their indices: by place in the order of creation, those that run by their end, those that ended by when. */
export class SessionRecords {
  readonly #access: StoreAccess
  readonly records: Records<StoredSession>

  constructor(access: StoreAccess) {
    this.#access = access
    this.records = new Records(access, 'session')
  }

  add(commit: Commit, session: StoredSession): void {
    this.records.put(commit, session.id, undefined, session)
    for (const index of [...this.#lists(session), this.#index('running'), this.#runningOf(session.delegation)]) commit.add('ZADDNEXT', index, session.id)
    commit.add('ZADD', this.#index('due'), session.expiresAtMs, session.id)
  }

  end(commit: Commit, before: Stored<StoredSession>, endReason: string): void {
    const endedAtMs = this.#access.clock.nowMs()
    const { id, delegation } = before.document
    this.records.put(commit, id, before, { ...before.document, endedAtMs, endReason, secretDigest: undefined })
    for (const index of [this.#index('running'), this.#index('due'), this.#runningOf(delegation)]) commit.add('ZREM', index, id)
    commit.add('ZADD', this.#index('ended'), endedAtMs, id)
  }

  /** Of one that has ended. */
  remove(commit: Commit, before: Stored<StoredSession>): void {
    this.records.remove(commit, before)
    for (const index of [...this.#lists(before.document), this.#index('ended')]) commit.add('ZREM', index, before.id)
  }

  /** Those that run under a delegation, in the order of their start. */
  async runningUnder(delegation: string): Promise<readonly Stored<StoredSession>[]> {
    return this.#all(this.#runningOf(delegation))
  }

  async allUnder(delegation: string): Promise<readonly Stored<StoredSession>[]> {
    return this.#all(this.#index('under', delegation))
  }

  /** Running ones whose time was over at this moment. */
  async overdue(nowMs: number, limit: number): Promise<readonly StoredSession[]> {
    const ids = await this.#access.link.read('zrange', this.#index('due'), '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, limit) as string[]
    return present(await this.records.getAll(ids)).map(({ document }) => document)
  }

  async endedBefore(beforeMs: number, limit: number): Promise<readonly string[]> {
    return await this.#access.link.read('zrange', this.#index('ended'), '-inf', `(${beforeMs}`, 'BYSCORE', 'LIMIT', 0, limit) as string[]
  }

  list(filter: SessionFilter, wish: PageWish): Promise<Page<StoredSession>> {
    const { delegation, person, agent, running } = filter
    return pageOf(this.#access, {
      index: this.#narrowest(filter),
      load: async (ids) => (await this.records.getAll(ids)).map((found) => found?.document),
      keep: (session) => (delegation === undefined || session.delegation === delegation) && (person === undefined || session.person === person)
        && (agent === undefined || session.agent === agent) && (running !== true || session.endedAtMs === undefined),
    }, wish)
  }

  #narrowest({ delegation, person, agent, running }: SessionFilter): string {
    if (delegation !== undefined) return running === true ? this.#runningOf(delegation) : this.#index('under', delegation)
    if (running === true) return this.#index('running')
    if (person !== undefined) return this.#index('for', person)
    return agent === undefined ? this.#index() : this.#index('by', agent)
  }

  #lists({ delegation, person, agent }: StoredSession): readonly string[] {
    return [this.#index(), this.#index('under', delegation), this.#index('for', person), this.#index('by', agent)]
  }

  #runningOf(delegation: string): string {
    return this.#index('running_under', delegation)
  }

  #index(...parts: readonly string[]): string {
    return this.#access.key('sessions', ...parts)
  }

  async #all(index: string): Promise<readonly Stored<StoredSession>[]> {
    return present(await this.records.getAll(await this.#access.link.read('zrange', index, 0, -1) as string[]))
  }
}

function present<T>(found: readonly (T | undefined)[]): readonly T[] {
  return found.filter((one) => one !== undefined)
}
