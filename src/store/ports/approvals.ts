import type { AgentId, ApprovalId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { Page, PageWish } from './page.ts'

/** `expired` is also what was never answered in time. */
/** One that is pending or approved although its time is over is as good as expired, until it is told to be. */
export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired'

/** What a person is asked: whether an agent may do one thing, or whether a colleague may act as an operator for a while. */
export interface Approval {
  readonly id: ApprovalId
  readonly kind: 'operation' | 'break_glass'
  /** The same question again is the same approval while it is open or runs. */
  readonly key: string
  /** Undefined for break-glass. */
  readonly agent: AgentId | undefined
  /** On whose behalf the agent acts; for break-glass, who wants the access. */
  readonly person: PersonId | undefined
  readonly delegation: DelegationId | undefined
  readonly session: SessionId | undefined
  readonly integration: string | undefined
  readonly operation: string | undefined
  readonly targets: readonly string[]
  /** What the one who answers reads: the request, or the reason that was given. */
  readonly text: string
  /** The rule that asks. */
  readonly rule: string | undefined
  readonly state: ApprovalState
  readonly askedAtMs: number
  /** Until then it can be answered. */
  readonly answerByMs: number
  readonly answeredBy: string | undefined
  readonly answeredAtMs: number | undefined
  /** How long a yes holds; wall clock. */
  readonly validUntilMs: number | undefined
}

export type NewApproval = Omit<Approval, 'state' | 'askedAtMs' | 'answeredBy' | 'answeredAtMs' | 'validUntilMs'>

export interface ApprovalFilter {
  readonly kind?: Approval['kind'] | undefined
  readonly person?: PersonId | undefined
  readonly agent?: AgentId | undefined
  readonly state?: ApprovalState | undefined
}

/** Questions to people. Changes are atomic and durable before their promise resolves. All methods throw StoreError. */
export interface Approvals {
  /** @returns the new one, or the one with this key that is still open or runs */
  ask(approval: NewApproval): Promise<Approval>
  get(id: ApprovalId): Promise<Approval | undefined>
  /** Newest first. */
  list(filter: ApprovalFilter, page: PageWish): Promise<Page<Approval>>
  /** Of all answers the first counts. @returns undefined where it was answered or its time was over */
  answer(id: ApprovalId, answer: 'approved' | 'denied', by: string, validUntilMs: number | undefined): Promise<Approval | undefined>
  /**
   * Marks as expired what is pending or approved, whether its time is over or not.
   * @returns false where it was answered `denied`, expired before or never was: of all callers one is told true
   */
  expire(id: ApprovalId): Promise<boolean>
  /** Forgets those that were asked before this moment and neither are open nor run (see `HISTORY_KEPT_MS`). @returns how many, at most `limit` */
  forgetEnded(beforeMs: number, limit: number): Promise<number>
}
