import type { AuditEvent, EventCode } from '../../audit/event.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import { byFact } from '../delegations/delegation-records.ts'

/** What becomes of a question. */
export type ApprovalStep = 'requested' | 'granted' | 'denied' | 'unanswered' | 'ended' | 'used'

/** The record of one step. Of break-glass access every step is under `admin.`. Pure. */
export function approvalRecord(
  step: ApprovalStep, approval: Approval, by: string | undefined, nameOf: (agent: AgentId) => string, extra: Pick<AuditEvent, 'expires_in'> = {},
): AuditEvent {
  const { agent, person, delegation, session, integration, operation, targets, rule } = approval
  return {
    event: approval.kind === 'operation' ? OPERATION[step] : BREAK_GLASS[step],
    agent: agent === undefined ? undefined : { id: agent, name: nameOf(agent) },
    user: person === undefined ? undefined : { id: person, name: undefined },
    by: by === undefined ? undefined : byFact(by, person),
    delegation, session, integration, operation, rule,
    target: targets.length === 0 ? undefined : targets.join(','),
    approval: approval.id,
    ...extra,
    reason: reasonOf(step, approval),
    outcome: step === 'denied' || step === 'unanswered' ? 'denied' : 'ok',
  }
}

const OPERATION: Readonly<Record<ApprovalStep, EventCode>> = {
  requested: 'approval.requested', granted: 'approval.granted', denied: 'approval.denied', unanswered: 'approval.expired', ended: 'approval.expired',
  used: 'admin.break_glass_used',
}

const BREAK_GLASS: Readonly<Record<ApprovalStep, EventCode>> = {
  requested: 'admin.break_glass_requested', granted: 'admin.break_glass_granted', denied: 'admin.break_glass_denied',
  unanswered: 'admin.break_glass_ended', ended: 'admin.break_glass_ended', used: 'admin.break_glass_used',
}

/** That nobody answered is never told as a no. */
function reasonOf(step: ApprovalStep, { text }: Approval): string {
  switch (step) {
    case 'unanswered': return `Nobody answered in time: ${text}`
    case 'ended': return `Its time is over: ${text}`
    case 'requested':
    case 'granted':
    case 'denied':
    case 'used': return text
  }
}
