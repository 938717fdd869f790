import { newId, type AgentId, type ApprovalId, type PersonId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import type { SignedIn } from '../people/contract.ts'
import type { ApprovalDependencies } from './approval-dependencies.ts'
import { approvalRecord, type ApprovalStep } from './approval-records.ts'
import { breakGlassOperation, breakGlassDurationMs } from './break-glass.ts'
import type { ApprovalService } from './contract.ts'
import { breakGlassKey } from './live-approvals.ts'

const MAX_REASON = 500

/** Answers to questions, and break-glass access: asked for by one, granted by another, for a while, all of it on record. */
export class ApprovalAnswers implements ApprovalService {
  readonly #deps: ApprovalDependencies

  constructor(deps: ApprovalDependencies) {
    this.#deps = deps
  }

  get(id: ApprovalId): Promise<Approval | undefined> {
    return this.#deps.store.approvals.get(id)
  }

  mayAnswer(approval: Approval, { person, roles, breakGlass }: SignedIn): boolean {
    if (approval.kind === 'operation') return approval.person === person.id || roles.includes('operator')
    // Two people, and one of them an operator by configuration: what is lent is not lent on.
    return approval.person !== person.id && roles.includes('operator') && !breakGlass
  }

  async answer(id: ApprovalId, answer: 'approved' | 'denied', who: SignedIn): Promise<Approval | undefined> {
    const { store, mirror, audit } = this.#deps
    const asked = await store.approvals.get(id)
    if (asked === undefined || asked.state !== 'pending' || !this.mayAnswer(asked, who)) return undefined
    const validUntilMs = answer === 'approved' ? this.#validUntilMs(asked) : undefined
    const by = who.person.id
    // What a lent role is used for is on record before anything is done, be it a yes or a no.
    if (who.breakGlass && asked.person !== by) await audit.commit({ ...this.#record('used', asked, by), user: { id: by, name: who.person.name }, by: undefined })
    // A yes is on record before it holds; a no holds at once.
    if (validUntilMs !== undefined) await audit.commit(this.#record('granted', asked, by, validUntilMs))
    const answered = await store.approvals.answer(id, answer, by, validUntilMs)
    if (answered === undefined) {
      const why = 'somebody else had answered, or its time was over'
      if (validUntilMs !== undefined) audit.post({ ...this.#record('granted', asked, by), outcome: 'failed', reason: why })
      return undefined
    }
    if (answer === 'denied') audit.post(this.#record('denied', answered, by))
    await mirror.refreshed({ kind: 'approval', id })
    return answered
  }

  breakGlass(person: PersonId): number | undefined {
    return this.#deps.live.breakGlass(person, this.#deps.clock.nowMs())
  }

  async askBreakGlass(person: PersonId, reason: string, durationMs: number): Promise<Approval> {
    const { store, mirror, audit, clock, lifetimes } = this.#deps
    const text = reason.trim()
    if (text === '' || text.length > MAX_REASON) throw new TypeError(`a reason has 1 to ${MAX_REASON} characters`)
    const id = newId('apr')
    const asked = await store.approvals.ask({
      id, kind: 'break_glass', key: breakGlassKey(person), person, text,
      operation: breakGlassOperation(Math.min(durationMs, lifetimes.breakGlassMaxMs)),
      agent: undefined, delegation: undefined, session: undefined, integration: undefined, targets: [], rule: undefined,
      answerByMs: clock.nowMs() + lifetimes.approvalAnswerMs,
    })
    if (asked.id === id) await audit.commit(this.#record('requested', asked, person))
    await mirror.refreshed({ kind: 'approval', id: asked.id })
    return asked
  }

  /** Ends what was not answered in time and what has run out; of all processes one records it. */
  async expireDue(): Promise<void> {
    const { store, live, clock, audit } = this.#deps
    for (const approval of live.due(clock.nowMs())) {
      const { id, kind, state } = approval
      if (!await store.approvals.expire(id)) continue
      // That a yes to an operation has run out is nothing that happened.
      if (state === 'pending') audit.post(this.#record('unanswered', approval, 'system'))
      else if (kind === 'break_glass') audit.post(this.#record('ended', approval, 'system'))
    }
  }

  #validUntilMs({ kind, operation }: Approval): number {
    const { clock, lifetimes } = this.#deps
    const forMs = kind === 'operation' ? lifetimes.approvalValidMs : Math.min(breakGlassDurationMs(operation), lifetimes.breakGlassMaxMs)
    return clock.nowMs() + forMs
  }

  #record(step: ApprovalStep, approval: Approval, by: string, validUntilMs?: number): ReturnType<typeof approvalRecord> {
    const { clock, directory } = this.#deps
    const nameOf = (agent: AgentId): string => directory.agent(agent)?.name ?? agent
    return approvalRecord(step, approval, by, nameOf, validUntilMs === undefined ? {} : { expires_in: `${Math.floor((validUntilMs - clock.nowMs()) / 1000)}s` })
  }
}
