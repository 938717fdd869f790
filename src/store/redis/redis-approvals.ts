import { createHash } from 'node:crypto'
import type { ApprovalId } from '../../model/ids.ts'
import type { Approval, ApprovalFilter, Approvals, NewApproval } from '../ports/approvals.ts'
import type { Page, PageWish } from '../ports/page.ts'
import { Commit } from './commit.ts'
import { pageOf } from './ordered-index.ts'
import { OVERTAKEN, Records, type Stored, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

const FORGOTTEN_AT_ONCE = 100
const MAX_LOOKED_AT = 5000

/** Approvals in Redis. */
export class RedisApprovals implements Approvals {
  readonly #access: StoreAccess
  readonly #approvals: Records<Approval>

  constructor(access: StoreAccess) {
    this.#access = access
    this.#approvals = new Records(access, 'approval')
  }

  ask(approval: NewApproval): Promise<Approval> {
    const question = this.#questionKey(approval.key)
    return settled(async () => {
      const known = await this.#access.link.read('get', question) as string | null
      const before = known === null ? undefined : await this.#approvals.get(known)
      if (before !== undefined && this.#lives(before.document)) return before.document
      const asked: Approval = {
        ...approval, state: 'pending', askedAtMs: this.#access.clock.nowMs(), answeredBy: undefined, answeredAtMs: undefined, validUntilMs: undefined,
      }
      const commit = new Commit().requireValue(question, known ?? undefined)
      this.#approvals.put(commit, approval.id, undefined, asked)
      commit.add('SET', question, approval.id).add('ZADD', this.#index('asked'), asked.askedAtMs, approval.id)
      for (const index of this.#lists(asked)) commit.add('ZADDNEXT', index, approval.id)
      return (await this.#commit(commit, approval.id)) ? asked : OVERTAKEN
    })
  }

  async get(id: ApprovalId): Promise<Approval | undefined> {
    return (await this.#approvals.get(id))?.document
  }

  list({ kind, person, agent, state }: ApprovalFilter, wish: PageWish): Promise<Page<Approval>> {
    return pageOf(this.#access, {
      index: person !== undefined ? this.#index('for', person) : agent !== undefined ? this.#index('by', agent) : this.#index(),
      load: async (ids) => (await this.#approvals.getAll(ids)).map((found) => found?.document),
      keep: (one) => (kind === undefined || one.kind === kind) && (person === undefined || one.person === person)
        && (agent === undefined || one.agent === agent) && (state === undefined || one.state === state),
    }, wish)
  }

  answer(id: ApprovalId, answer: 'approved' | 'denied', by: string, validUntilMs: number | undefined): Promise<Approval | undefined> {
    return this.#change(id, (before) => {
      const now = this.#access.clock.nowMs()
      if (before.state !== 'pending' || before.answerByMs <= now) return undefined
      return { ...before, state: answer, answeredBy: by, answeredAtMs: now, validUntilMs }
    })
  }

  async expire(id: ApprovalId): Promise<boolean> {
    const expired = await this.#change(id, (before) => (before.state === 'pending' || before.state === 'approved' ? { ...before, state: 'expired' } : undefined))
    return expired !== undefined
  }

  async forgetEnded(beforeMs: number, limit: number): Promise<number> {
    let forgotten = 0
    let kept = 0
    while (forgotten < limit && kept < MAX_LOOKED_AT) {
      const ids = await this.#access.link.read('zrange', this.#index('asked'), '-inf', `(${beforeMs}`, 'BYSCORE', 'LIMIT', kept, FORGOTTEN_AT_ONCE) as string[]
      for (const id of ids) {
        if (forgotten >= limit) return forgotten
        if (await this.#forget(id)) forgotten++
        else kept++
      }
      if (ids.length < FORGOTTEN_AT_ONCE) return forgotten
    }
    return forgotten
  }

  #forget(id: string): Promise<boolean> {
    return settled(async () => {
      const before = await this.#approvals.get(id)
      if (before === undefined || this.#lives(before.document)) return false
      const commit = new Commit()
      this.#approvals.remove(commit, before)
      commit.add('DELIF', this.#questionKey(before.document.key), id)
      for (const index of [...this.#lists(before.document), this.#index('asked')]) commit.add('ZREM', index, id)
      return (await this.#access.link.commit(commit)) || OVERTAKEN
    })
  }

  #change(id: string, next: (before: Approval) => Approval | undefined): Promise<Approval | undefined> {
    return settled(async () => {
      const before: Stored<Approval> | undefined = await this.#approvals.get(id)
      const changed = before && next(before.document)
      if (changed === undefined) return undefined
      const commit = new Commit()
      this.#approvals.put(commit, id, before, changed)
      return (await this.#commit(commit, changed.id)) ? changed : OVERTAKEN
    })
  }

  /** Open, or answered with a yes that still holds. */
  #lives({ state, answerByMs, validUntilMs }: Approval): boolean {
    const now = this.#access.clock.nowMs()
    if (state === 'pending') return answerByMs > now
    return state === 'approved' && (validUntilMs === undefined || validUntilMs > now)
  }

  #lists({ person, agent }: Approval): readonly string[] {
    return [this.#index(), ...(person === undefined ? [] : [this.#index('for', person)]), ...(agent === undefined ? [] : [this.#index('by', agent)])]
  }

  /** A digest, since a question's key has no bound of its own. */
  #questionKey(key: string): string {
    return this.#index('question', createHash('sha256').update(key).digest('base64url'))
  }

  #index(...parts: readonly string[]): string {
    return this.#access.key('approvals', ...parts)
  }

  #commit(commit: Commit, id: ApprovalId): Promise<boolean> {
    return this.#access.feed.commit(commit, [{ kind: 'approval', id }])
  }
}
