import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { Decision } from '../../model/decision.ts'
import { Fault, type Denial } from '../../model/denial.ts'
import type { ApprovalId } from '../../model/ids.ts'
import type { ApprovalDesk, ApprovalOrder } from '../../sync/contract.ts'
import type { Allowed } from '../exchange.ts'

/** The approval that runs for just this. A desk that breaks has approved nothing. */
export function standingApproval(desk: ApprovalDesk, order: ApprovalOrder): ApprovalId | undefined {
  try {
    return desk.approved(order)
  } catch {
    return undefined
  }
}

/** The asking decision as an approval makes it: it allows what it asked for, and its layers still say which of them asked. */
export function approvedDecision(decision: Decision, approval: ApprovalId): Allowed['decision'] {
  const asked = decision.layers[decision.decidedBy]
  const layers = { ...decision.layers, [decision.decidedBy]: { ...asked, reason: `${asked.reason} Approved (${approval}).` } }
  return { ...decision, effect: 'allow', layers, approval }
}

export interface AskOptions {
  readonly timers: Timers
  readonly sync: { readonly approvals: ApprovalDesk }
  readonly approvalTimeoutMs: number
}

/**
 * Puts the question to a person, and refuses meanwhile.
 * @param refusal `approval_required`; gets the link where the question could be put in time, and says so in its detail where not
 */
export async function askForApproval({ timers, sync, approvalTimeoutMs }: AskOptions, order: ApprovalOrder, refusal: Denial): Promise<Denial> {
  try {
    const late = (): Fault => new Fault('authority_unavailable', `no answer within ${approvalTimeoutMs} ms`)
    const link = await within(timers, approvalTimeoutMs, (signal) => sync.approvals.ask(order, signal), late)
    return link === undefined ? refusal : { ...refusal, link }
  } catch (error) {
    // What broke may hold words that are not ours; a Fault's are.
    const why = error instanceof Fault ? error.message : 'it broke'
    return { ...refusal, detail: `${refusal.detail} (The question could not be put to anybody: ${why}.)` }
  }
}
