import { z } from '@hono/zod-openapi'
import type { Approval } from '../../../store/ports/approvals.ts'
import { pageOf } from './paging.ts'
import { line, moment, momentOf } from './values.ts'

/** One question to a person as it is answered. */
export const approval = z.object({
  id: z.string(),
  kind: z.enum(['operation', 'break_glass']),
  state: z.enum(['pending', 'approved', 'denied', 'expired']),
  agent: z.string().nullable(),
  person: z.string().nullable().openapi({ description: 'on whose behalf the agent acts; for break-glass, who wants the access' }),
  delegation: z.string().nullable(),
  session: z.string().nullable(),
  integration: z.string().nullable(),
  operation: z.string().nullable(),
  targets: z.array(z.string()),
  text: z.string(),
  rule: z.string().nullable(),
  asked_at: moment,
  answer_by: moment,
  answered_by: z.string().nullable(),
  answered_at: moment.nullable(),
  valid_until: moment.nullable(),
}).openapi('Approval')

export const approvalPage = pageOf('ApprovalPage', approval)
export type ApprovalView = z.infer<typeof approval>

/** Somebody wants to be an operator for a while. */
export const breakGlassBody = z.strictObject({
  reason: line(500).openapi({ description: 'what the one who approves reads, and what stands in the audit' }),
  expires_in: z.number().int().min(60).max(86_400).openapi({ description: 'seconds, from the approval on; the configuration may say less' }),
}).openapi('BreakGlass')

/** The approval as it is answered; one that nobody answered in time is told as expired. */
export function approvalView(stored: Approval, nowMs: number): ApprovalView {
  return {
    id: stored.id,
    kind: stored.kind,
    state: stateOf(stored, nowMs),
    agent: stored.agent ?? null,
    person: stored.person ?? null,
    delegation: stored.delegation ?? null,
    session: stored.session ?? null,
    integration: stored.integration ?? null,
    operation: stored.operation ?? null,
    targets: [...stored.targets],
    text: stored.text,
    rule: stored.rule ?? null,
    asked_at: momentOf(stored.askedAtMs),
    answer_by: momentOf(stored.answerByMs),
    answered_by: stored.answeredBy ?? null,
    answered_at: momentOf(stored.answeredAtMs),
    valid_until: momentOf(stored.validUntilMs),
  }
}

function stateOf({ state, answerByMs, validUntilMs }: Approval, nowMs: number): Approval['state'] {
  if (state === 'pending' && nowMs >= answerByMs) return 'expired'
  return state === 'approved' && validUntilMs !== undefined && nowMs >= validUntilMs ? 'expired' : state
}
