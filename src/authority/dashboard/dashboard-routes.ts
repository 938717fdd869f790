import { Hono } from 'hono'
import { parseId } from '../../model/ids.ts'
import { matchesCsrf } from '../people/csrf.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import { agentsPage } from './agents-page.ts'
import { approvalPage, approvalsPage } from './approvals-page.ts'
import { auditFilter, auditPage, QUERY_FIELDS, type AuditQuery } from './audit-page.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame, seesAll } from './frame.ts'
import { missingPage } from './missing-page.ts'
import { overviewPage } from './overview-page.ts'
import { readApprovals, readOverview, visibleAgents } from './read-dashboard.ts'
import { askRevocation, revoke, REVOCABLE, type Revocable } from './revocations.ts'

const AUDIT_PAGE = 100
const MAX_QUERY = 128

/** The pages of a signed-in person: `/`, `/agents`, `/approvals`, `/audit`, and what revokes. */
export function dashboardRoutes(deps: DashboardDeps): WebApp {
  const app = new Hono<WebEnv>()
  const headers = withPageHeaders({ https: deps.url.startsWith('https:') })
  for (const path of ['/', '/agents', '/agents/*', '/approvals', '/approvals/*', '/audit', '/delegations/*', '/connections/*']) app.use(path, headers)
  app.onError(whatBroke((error) => deps.report(error)))

  app.get('/', (c) => signedIn(c, deps, async (who) => c.html(overviewPage(who, await readOverview(who.person.id, deps), deps.words))))
  app.get('/agents', (c) => signedIn(c, deps, async (who) => c.html(agentsPage(who, await visibleAgents(who, deps), deps.clock.nowMs()))))
  app.get('/audit', (c) => signedIn(c, deps, (who) => showAudit(c, who, deps)))
  app.get('/approvals', (c) => signedIn(c, deps, async (who) => c.html(approvalsPage(who, await readApprovals(who, deps), deps.clock.nowMs()))))
  app.get('/approvals/:id', (c) => signedIn(c, deps, (who) => showApproval(c, who, deps)))
  app.post('/approvals/:id', formLimit, (c) => ownForm(c, deps, (who, form) => answerApproval(c, who, form, deps)))
  for (const kind of Object.keys(REVOCABLE) as Revocable[]) {
    for (const deed of REVOCABLE[kind].deeds) {
      app.get(`${REVOCABLE[kind].place}/:id/${deed}`, (c) => signedIn(c, deps, (who) => askRevocation(c, who, { kind, deed }, deps)))
      app.post(`${REVOCABLE[kind].place}/:id/${deed}`, formLimit, (c) => ownForm(c, deps, (who, form) => revoke(c, who, { kind, deed }, form, deps)))
    }
  }
  return app
}

type Answer = Response | Promise<Response>

/** Who is not signed in does that first, and comes back. */
async function signedIn(c: WebContext, { sessions }: DashboardDeps, work: (who: BrowserSignIn) => Answer): Promise<Response> {
  const who = await sessions.current(c.req.header('cookie'))
  if (who !== undefined) return work(who)
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(`/login?return=${encodeURIComponent(pathname + search)}`, 303)
}

/** A form of ours, from a page of this sign-in; what is not is answered and does nothing. */
function ownForm(c: WebContext, deps: DashboardDeps, work: (who: BrowserSignIn, form: URLSearchParams) => Answer): Promise<Response> {
  return signedIn(c, deps, async (who) => {
    const form = await readForm(c)
    const ours = sentByOwnPage(c, deps.url) && form !== undefined && matchesCsrf(who, form.get(CSRF_FIELD))
    return ours ? work(who, form) : refusedForm(c, '/', frame(who, '/').account)
  })
}

async function showAudit(c: WebContext, who: BrowserSignIn, { store }: DashboardDeps): Promise<Response> {
  const query: AuditQuery = Object.fromEntries(QUERY_FIELDS.flatMap((name) => {
    const value = c.req.query(name)?.trim()
    return value === undefined || value === '' || value.length > MAX_QUERY ? [] : [[name, value]]
  }))
  const after = c.req.query('after')
  const records = await store.auditIndex.query(auditFilter(who, query), { limit: AUDIT_PAGE, after: after === '' ? undefined : after })
  return c.html(auditPage(who, query, records))
}

async function showApproval(c: WebContext, who: BrowserSignIn, { approvals, clock }: DashboardDeps): Promise<Response> {
  const id = parseId('apr', c.req.param('id') ?? '')
  const approval = id === undefined ? undefined : await approvals.get(id)
  if (approval === undefined || !(approvals.mayAnswer(approval, who) || seesAll(who) || approval.person === who.person.id)) return missingPage(c, who)
  return c.html(approvalPage(who, approval, approvals.mayAnswer(approval, who), clock.nowMs()))
}

async function answerApproval(c: WebContext, who: BrowserSignIn, form: URLSearchParams, deps: DashboardDeps): Promise<Response> {
  const id = parseId('apr', c.req.param('id') ?? '')
  const answer = form.get('answer')
  if (id === undefined || (answer !== 'approved' && answer !== 'denied')) return missingPage(c, who)
  const answered = await deps.approvals.answer(id, answer, who)
  if (answered !== undefined) return c.redirect('/approvals', 303)
  // Answered by now, or over: the page says which.
  return showApproval(c, who, deps)
}
