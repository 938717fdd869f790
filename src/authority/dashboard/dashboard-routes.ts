import { Hono } from 'hono'
import { parseAgentId } from '../../model/ids.ts'
import type { AuditFilter, IndexedRecord } from '../../store/ports/audit-index.ts'
import type { Page } from '../../store/ports/page.ts'
import { matchesCsrf } from '../people/csrf.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import { agentsPage } from './agents-page.ts'
import { agentPage } from './agent-page.ts'
import { answerApproval, askBreakGlass, showApproval, showApprovals } from './approval-steps.ts'
import { auditPage } from './audit-page.ts'
import { auditFilter, readAuditQuery } from './audit-query.ts'
import { breakGlassPage } from './break-glass-page.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame, seesAll } from './frame.ts'
import { missingPage } from './missing-page.ts'
import { overviewPage } from './overview-page.ts'
import { readOverview, readStanding, visibleAgents } from './read-dashboard.ts'
import { askRevocation, revoke, REVOCABLE, type Revocable } from './revocations.ts'

const AUDIT_PAGE = 100

/** The pages of a signed-in person: `/`, `/agents`, `/approvals`, `/break-glass`, `/audit`, and what revokes. */
export function dashboardRoutes(deps: DashboardDeps): WebApp {
  const app = new Hono<WebEnv>()
  const headers = withPageHeaders({ https: deps.url.startsWith('https:') })
  for (const path of ['/', '/agents', '/agents/*', '/approvals', '/approvals/*', '/audit', '/break-glass', '/delegations/*', '/sessions/*', '/connections/*']) app.use(path, headers)
  app.onError(whatBroke((error) => deps.report(error)))

  app.get('/', (c) => signedIn(c, deps, async (who) => c.html(overviewPage(who, await readOverview(who, deps), deps.words))))
  app.get('/agents', (c) => reader(c, deps, 'the agents', async (who) => c.html(agentsPage(who, await visibleAgents(who, deps), deps.clock.nowMs()))))
  app.get('/agents/:id', (c) => reader(c, deps, 'an agent', (who) => showAgent(c, who, deps)))
  app.get('/audit', (c) => reader(c, deps, 'the audit', (who) => showAudit(c, who, deps)))
  app.get('/approvals', (c) => reader(c, deps, 'the questions', (who) => showApprovals(c, who, deps)))
  app.get('/approvals/:id', (c) => signedIn(c, deps, (who) => showApproval(c, who, deps)))
  app.post('/approvals/:id', formLimit, (c) => ownForm(c, deps, (who, form) => answerApproval(c, who, form, deps)))
  app.get('/break-glass', (c) => signedIn(c, deps, (who) => c.html(breakGlassPage(who, deps.breakGlassMaxMs, undefined))))
  app.post('/break-glass', formLimit, (c) => ownForm(c, deps, (who, form) => askBreakGlass(c, who, form, deps)))
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

/** What shows others' things is on record, where that is by a lent role, before it is shown: as in the admin API. */
function reader(c: WebContext, deps: DashboardDeps, what: string, work: (who: BrowserSignIn) => Answer): Promise<Response> {
  return signedIn(c, deps, async (who) => {
    const user = { id: who.person.id, name: who.person.name }
    if (who.breakGlass) await deps.audit.commit({ event: 'admin.break_glass_used', user, reason: `looked at ${what}`, outcome: 'ok' })
    return work(who)
  })
}

/** A form of ours, from a page of this sign-in; what is not is answered and does nothing. */
function ownForm(c: WebContext, deps: DashboardDeps, work: (who: BrowserSignIn, form: URLSearchParams) => Answer): Promise<Response> {
  return signedIn(c, deps, async (who) => {
    const form = await readForm(c)
    const ours = sentByOwnPage(c, deps.url) && form !== undefined && matchesCsrf(who, form.get(CSRF_FIELD))
    return ours ? work(who, form) : refusedForm(c, c.req.path, frame(who, '/').account)
  })
}

async function showAudit(c: WebContext, who: BrowserSignIn, { store, words }: DashboardDeps): Promise<Response> {
  const search = new URL(c.req.url).searchParams
  const query = readAuditQuery(search)
  const after = search.get('after') ?? ''
  const records = await recordsOf(store, auditFilter(who, query), after)
  if (records === undefined) return missingPage(c, who)
  const integrations = [...words].map(([name, { words: { title } }]) => ({ name, title }))
  return c.html(auditPage(who, { query, records, isLater: after !== '', integrations }))
}

/** @returns undefined where the place to go on from is none that we named */
async function recordsOf({ auditIndex }: DashboardDeps['store'], filter: AuditFilter, after: string): Promise<Page<IndexedRecord> | undefined> {
  try {
    return await auditIndex.query(filter, { limit: AUDIT_PAGE, after: after === '' ? undefined : after })
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

async function showAgent(c: WebContext, who: BrowserSignIn, deps: DashboardDeps): Promise<Response> {
  const id = parseAgentId(`agent:${c.req.param('id') ?? ''}`)
  const entry = id === undefined ? undefined : (await visibleAgents(who, deps)).find(({ agent }) => agent.id === id)
  if (entry === undefined) return missingPage(c, who)
  const standing = await readStanding({ agent: entry.agent.id, person: seesAll(who) ? undefined : who.person.id }, deps)
  return c.html(agentPage(who, { entry, ...standing, nowMs: deps.clock.nowMs() }, deps.words))
}
