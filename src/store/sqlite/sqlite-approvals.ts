import type { Clock } from '../../lib/clock.ts'
import type { AgentId, ApprovalId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { Approval, ApprovalFilter, Approvals, NewApproval } from '../ports/approvals.ts'
import type { Page, PageWish } from '../ports/page.ts'
import type { ApprovalRow } from './approval-statements.ts'
import type { ChangeFeed } from './change-feed.ts'
import { pageOf, rowWish } from './paging.ts'
import type { WorkerClient } from './worker-client.ts'

/** Questions to people in SQLite. */
export class SqliteApprovals implements Approvals {
  readonly #client: WorkerClient
  readonly #feed: ChangeFeed
  readonly #clock: Clock

  constructor(client: WorkerClient, feed: ChangeFeed, clock: Clock) {
    this.#client = client
    this.#feed = feed
    this.#clock = clock
  }

  async ask(approval: NewApproval): Promise<Approval> {
    const draft = { ...rowOf(approval), now: this.#clock.nowMs() }
    const { row } = await this.#client.call('approvals.ask', draft, ({ asked }) => this.#tell(approval.id, asked))
    return approvalOf(row)
  }

  async get(id: ApprovalId): Promise<Approval | undefined> {
    const row = await this.#client.call('approvals.get', id)
    return row && approvalOf(row)
  }

  async list({ kind, person, agent, state }: ApprovalFilter, page: PageWish): Promise<Page<Approval>> {
    const rows = await this.#client.call('approvals.list', { ...rowWish(page), kind, person, agent, state })
    return pageOf(rows, page.limit, ({ seq }) => String(seq), approvalOf)
  }

  async answer(id: ApprovalId, answer: 'approved' | 'denied', by: string, validUntilMs: number | undefined): Promise<Approval | undefined> {
    const valid_until = validUntilMs === undefined ? null : Math.floor(validUntilMs)
    const order = { id, state: answer, by, valid_until, now: this.#clock.nowMs() }
    const answered = await this.#client.call('approvals.answer', order, (row) => this.#tell(id, row !== undefined))
    return answered && approvalOf(answered)
  }

  async expire(id: ApprovalId): Promise<boolean> {
    return await this.#client.call('approvals.expire', id, (changed) => this.#tell(id, changed))
  }

  async forgetEnded(beforeMs: number, limit: number): Promise<number> {
    return await this.#client.call('approvals.forget_ended', { before: beforeMs, now: this.#clock.nowMs(), limit })
  }

  #tell(id: ApprovalId, changed: boolean): void {
    if (changed) this.#feed.tell({ kind: 'approval', id })
  }
}

type Draft = Omit<ApprovalRow, 'seq' | 'state' | 'asked_at' | 'answered_by' | 'answered_at' | 'valid_until'>

function rowOf(approval: NewApproval): Draft {
  return {
    id: approval.id,
    kind: approval.kind,
    key: approval.key,
    agent: approval.agent ?? null,
    person: approval.person ?? null,
    delegation: approval.delegation ?? null,
    session: approval.session ?? null,
    integration: approval.integration ?? null,
    operation: approval.operation ?? null,
    targets: JSON.stringify(approval.targets),
    text: approval.text,
    rule: approval.rule ?? null,
    answer_by: Math.floor(approval.answerByMs),
  }
}

function approvalOf(row: ApprovalRow): Approval {
  return {
    id: row.id as ApprovalId,
    kind: row.kind,
    key: row.key,
    agent: (row.agent ?? undefined) as AgentId | undefined,
    person: (row.person ?? undefined) as PersonId | undefined,
    delegation: (row.delegation ?? undefined) as DelegationId | undefined,
    session: (row.session ?? undefined) as SessionId | undefined,
    integration: row.integration ?? undefined,
    operation: row.operation ?? undefined,
    targets: JSON.parse(row.targets) as string[],
    text: row.text,
    rule: row.rule ?? undefined,
    state: row.state,
    askedAtMs: row.asked_at,
    answerByMs: row.answer_by,
    answeredBy: row.answered_by ?? undefined,
    answeredAtMs: row.answered_at ?? undefined,
    validUntilMs: row.valid_until ?? undefined,
  }
}
