import type { AgentId, ApprovalId, PersonId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'

/** The approvals that are open or run, and for a while those that were refused, so that an agent does not ask again and again. */
export class LiveApprovals {
  readonly #byId = new Map<ApprovalId, Approval>()
  /** The newest with this key. */
  readonly #byKey = new Map<string, Approval>()

  get(id: ApprovalId): Approval | undefined {
    return this.#byId.get(id)
  }

  byKey(key: string): Approval | undefined {
    return this.#byKey.get(key)
  }

  ids(): ApprovalId[] {
    return [...this.#byId.keys()]
  }

  /** How many wait for an answer, in all and of one agent. O(all). */
  pending(agent: AgentId): { readonly all: number; readonly ofAgent: number } {
    const open = [...this.#byId.values()].filter(({ state }) => state === 'pending')
    return { all: open.length, ofAgent: open.filter((approval) => approval.agent === agent).length }
  }

  /** The approval of just this, where it still runs. O(1). */
  approved(key: string, nowMs: number): ApprovalId | undefined {
    const approval = this.#byKey.get(key)
    return approval?.kind === 'operation' && runs(approval, nowMs) ? approval.id : undefined
  }

  /** Until when this person's break-glass access runs; undefined where it does not. O(1). */
  breakGlass(person: PersonId, nowMs: number): number | undefined {
    const approval = this.#byKey.get(breakGlassKey(person))
    return approval?.kind === 'break_glass' && approval.person === person && runs(approval, nowMs) ? approval.validUntilMs : undefined
  }

  /** Takes an approval as it stands in the store; what concerns nobody any more is forgotten. */
  take(approval: Approval, nowMs: number): void {
    this.forget(approval.id)
    if (!concernsSomebody(approval, nowMs)) return
    this.#byId.set(approval.id, approval)
    const other = this.#byKey.get(approval.key)
    if (other === undefined || other.askedAtMs <= approval.askedAtMs) this.#byKey.set(approval.key, approval)
  }

  forget(id: ApprovalId): void {
    const known = this.#byId.get(id)
    if (known === undefined) return
    this.#byId.delete(id)
    if (this.#byKey.get(known.key)?.id === id) this.#byKey.delete(known.key)
  }

  /** Those that wait or run although their time is over; those that were refused are forgotten once theirs is. */
  due(nowMs: number): Approval[] {
    const over = [...this.#byId.values()].filter((approval) => !concernsSomebody(approval, nowMs) || isDue(approval, nowMs))
    for (const { id, state } of over) if (state === 'denied' || state === 'expired') this.forget(id)
    return over.filter((approval) => isDue(approval, nowMs))
  }
}

/** One question a person: whoever wants the access asks it once. */
export function breakGlassKey(person: PersonId): string {
  return `break_glass ${person}`
}

/** Whether it was approved and its time is not over. Pure. */
export function runs({ state, validUntilMs }: Approval, nowMs: number): boolean {
  return state === 'approved' && validUntilMs !== undefined && validUntilMs > nowMs
}

function isDue({ state, answerByMs, validUntilMs }: Approval, nowMs: number): boolean {
  if (state === 'pending') return answerByMs <= nowMs
  return state === 'approved' && (validUntilMs ?? 0) <= nowMs
}

/** One that is over stays until it was marked so; one that was refused, until it could not have been answered any more anyway. */
function concernsSomebody({ state, answerByMs }: Approval, nowMs: number): boolean {
  return state === 'pending' || state === 'approved' || answerByMs > nowMs
}
