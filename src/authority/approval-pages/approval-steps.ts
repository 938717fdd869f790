import { parseId } from '../../model/ids.ts'
import type { WebContext } from '../pages/web.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { approvalPage, approvalsPage } from './approvals-page.ts'
import { breakGlassPage, MAX_REASON, offeredDurations } from './break-glass-page.ts'
import type { ApprovalPagesDeps } from './approval-pages-deps.ts'
import { seesAll } from './frame.ts'
import { missingPage } from './missing-page.ts'
import { asOfNow, readApprovals } from './read-approvals.ts'

/** All questions that concern this person. */
export async function showApprovals(c: WebContext, who: BrowserSignIn, deps: ApprovalPagesDeps): Promise<Response> {
  const approvals = await readApprovals(who, deps)
  return c.html(approvalsPage(who, approvals, (approval) => deps.approvals.mayAnswer(approval, who), deps.clock.nowMs()))
}

/** One question; of others only for those who may answer or see all. */
export async function showApproval(c: WebContext, who: BrowserSignIn, { approvals, clock, words, audit }: ApprovalPagesDeps): Promise<Response> {
  const id = parseId('apr', c.req.param('id') ?? '')
  const approval = id === undefined ? undefined : await approvals.get(id)
  if (approval === undefined || !(approvals.mayAnswer(approval, who) || seesAll(who) || approval.person === who.person.id)) return missingPage(c, who)
  if (who.breakGlass && approval.person !== who.person.id) {
    const user = { id: who.person.id, name: who.person.name }
    await audit.commit({ event: 'admin.break_glass_used', user, approval: approval.id, reason: 'looked at a question', outcome: 'ok' })
  }
  return c.html(approvalPage(who, asOfNow(approval, clock.nowMs()), approvals.mayAnswer(approval, who), clock.nowMs(), words))
}

/** Takes an answer; whether it was the one that counted, the question's page says. */
export async function answerApproval(c: WebContext, who: BrowserSignIn, form: URLSearchParams, deps: ApprovalPagesDeps): Promise<Response> {
  const id = parseId('apr', c.req.param('id') ?? '')
  const answer = form.get('answer')
  if (id === undefined || (answer !== 'approved' && answer !== 'denied')) return missingPage(c, who)
  await deps.approvals.answer(id, answer, who)
  return c.redirect(`/approvals/${id}`, 303)
}

/** Asks colleagues for emergency access. */
export async function askBreakGlass(c: WebContext, who: BrowserSignIn, form: URLSearchParams, deps: ApprovalPagesDeps): Promise<Response> {
  const reason = (form.get('reason') ?? '').trim()
  const durationMs = Number(form.get('duration') ?? '')
  const problem = reason === '' || reason.length > MAX_REASON ? `Say why, in at most ${MAX_REASON} characters.`
    : offeredDurations(deps.breakGlassMaxMs).includes(durationMs) ? undefined : 'Choose for how long.'
  if (problem !== undefined) return c.html(breakGlassPage(who, deps.breakGlassMaxMs, { reason, problem }), 422)
  const asked = await deps.approvals.askBreakGlass(who.person.id, reason, durationMs)
  return c.redirect(`/approvals/${asked.id}`, 303)
}
