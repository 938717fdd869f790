import type { Approval } from '../../store/ports/approvals.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import type { ApprovalPagesDeps } from './approval-pages-deps.ts'
import { seesAll } from './frame.ts'

/** More than one page can show; whoever has more finds them by the command line. */
const MAX_SHOWN = 200

/** The questions that concern the person; for operators and auditors those of everybody. @throws StoreError */
export async function readApprovals(who: BrowserSignIn, { store, clock }: ApprovalPagesDeps): Promise<readonly Approval[]> {
  const { items } = await store.approvals.list(seesAll(who) ? {} : { person: who.person.id }, { limit: MAX_SHOWN })
  return items.map((approval) => asOfNow(approval, clock.nowMs()))
}

/** One whose time is over is expired, whether it was marked so yet or not. Pure. */
export function asOfNow(approval: Approval, nowMs: number): Approval {
  const { state, answerByMs, validUntilMs } = approval
  const over = (state === 'pending' && answerByMs <= nowMs) || (state === 'approved' && (validUntilMs ?? 0) <= nowMs)
  return over ? { ...approval, state: 'expired' } : approval
}
