import { Hono } from 'hono'
import { matchesCsrf } from '../people/csrf.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { signedIn } from '../pages/signed-in.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import type { ApprovalPagesDeps } from './approval-pages-deps.ts'
import { answerApproval, askBreakGlass, showApproval, showApprovals } from './approval-steps.ts'
import { breakGlassPage } from './break-glass-page.ts'
import { frame } from './frame.ts'

/** The questions that people answer: `/approvals`, `/break-glass`. Links in messages lead here, so these pages need no script. */
export function approvalPagesRoutes(deps: ApprovalPagesDeps): WebApp {
  const app = new Hono<WebEnv>()
  const headers = withPageHeaders({ https: deps.url.startsWith('https:') })
  for (const path of ['/approvals', '/approvals/*', '/break-glass']) app.use(path, headers)
  app.onError(whatBroke((error) => deps.report(error)))

  app.get('/approvals', (c) => reader(c, deps, 'the questions', (who) => showApprovals(c, who, deps)))
  app.get('/approvals/:id', (c) => signedIn(c, deps.sessions, (who) => showApproval(c, who, deps)))
  app.post('/approvals/:id', formLimit, (c) => ownForm(c, deps, (who, form) => answerApproval(c, who, form, deps)))
  app.get('/break-glass', (c) => signedIn(c, deps.sessions, (who) => c.html(breakGlassPage(who, deps.breakGlassMaxMs, undefined))))
  app.post('/break-glass', formLimit, (c) => ownForm(c, deps, (who, form) => askBreakGlass(c, who, form, deps)))
  return app
}

type Answer = Response | Promise<Response>

/** What shows others' things is on record, where that is by a lent role, before it is shown: as in the admin API. */
function reader(c: WebContext, deps: ApprovalPagesDeps, what: string, work: (who: BrowserSignIn) => Answer): Promise<Response> {
  return signedIn(c, deps.sessions, async (who) => {
    const user = { id: who.person.id, name: who.person.name }
    if (who.breakGlass) await deps.audit.commit({ event: 'admin.break_glass_used', user, reason: `looked at ${what}`, outcome: 'ok' })
    return work(who)
  })
}

/** A form of ours, from a page of this sign-in; what is not is answered and does nothing. */
function ownForm(c: WebContext, deps: ApprovalPagesDeps, work: (who: BrowserSignIn, form: URLSearchParams) => Answer): Promise<Response> {
  return signedIn(c, deps.sessions, async (who) => {
    const form = await readForm(c)
    const ours = sentByOwnPage(c, deps.url) && form !== undefined && matchesCsrf(who, form.get(CSRF_FIELD))
    return ours ? work(who, form) : refusedForm(c, c.req.path, frame(who).account)
  })
}
