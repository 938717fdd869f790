import type { DelegationFilter, StoredDelegation } from '../ports/delegations.ts'
import type { Page, PageWish } from '../ports/page.ts'
import type { Commit } from './commit.ts'
import { pageOf } from './ordered-index.ts'
import { Records, type Stored } from './records.ts'
import type { StoreAccess } from './store-access.ts'

/** The delegations with their indices: by place in the order of creation, active ones by their end, ended ones by when. */
export class DelegationRecords {
  readonly #access: StoreAccess
  readonly records: Records<StoredDelegation>

  constructor(access: StoreAccess) {
    this.#access = access
    this.records = new Records(access, 'delegation')
  }

  add(commit: Commit, delegation: StoredDelegation): void {
    this.records.put(commit, delegation.id, undefined, delegation)
    for (const index of [...this.#lists(delegation), this.#index('active')]) commit.add('ZADDNEXT', index, delegation.id)
    commit.add('ZADD', this.#index('due'), delegation.expiresAtMs, delegation.id)
  }

  change(commit: Commit, before: Stored<StoredDelegation>, changed: StoredDelegation): void {
    this.records.put(commit, before.id, before, changed)
    commit.add('ZADD', this.#index('due'), changed.expiresAtMs, before.id)
  }

  end(commit: Commit, before: Stored<StoredDelegation>, ended: StoredDelegation): void {
    this.records.put(commit, before.id, before, ended)
    for (const index of [this.#index('active'), this.#index('due')]) commit.add('ZREM', index, before.id)
    commit.add('ZADD', this.#index('ended'), ended.endedAtMs ?? 0, before.id)
  }

  /** Of one that has ended. */
  remove(commit: Commit, before: Stored<StoredDelegation>): void {
    this.records.remove(commit, before)
    for (const index of [...this.#lists(before.document), this.#index('ended')]) commit.add('ZREM', index, before.id)
  }

  /** Active ones whose time was over at this moment. */
  async overdue(nowMs: number, limit: number): Promise<readonly StoredDelegation[]> {
    const ids = await this.#access.link.read('zrange', this.#index('due'), '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, limit) as string[]
    return (await this.records.getAll(ids)).flatMap((found) => (found === undefined ? [] : [found.document]))
  }

  async endedBefore(beforeMs: number, limit: number): Promise<readonly string[]> {
    return await this.#access.link.read('zrange', this.#index('ended'), '-inf', `(${beforeMs}`, 'BYSCORE', 'LIMIT', 0, limit) as string[]
  }

  list(filter: DelegationFilter, wish: PageWish): Promise<Page<StoredDelegation>> {
    const { person, agent, state } = filter
    return pageOf(this.#access, {
      index: this.#narrowest(filter),
      load: async (ids) => (await this.records.getAll(ids)).map((found) => found?.document),
      keep: (one) => (person === undefined || one.person === person) && (agent === undefined || one.agent === agent) && (state === undefined || one.state === state),
    }, wish)
  }

  #narrowest({ person, agent, state }: DelegationFilter): string {
    if (person !== undefined) return this.#index('for', person)
    if (state === 'active') return this.#index('active')
    return agent === undefined ? this.#index() : this.#index('by', agent)
  }

  #lists({ person, agent }: StoredDelegation): readonly string[] {
    return [this.#index(), this.#index('for', person), this.#index('by', agent)]
  }

  #index(...parts: readonly string[]): string {
    return this.#access.key('delegations', ...parts)
  }
}
