import { Hono } from 'hono'
import { CSRF_FIELD } from '../pages/form.ts'
import { onwardPage } from '../pages/onward-page.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import { INTERACTION_PATH } from '../oauth/endpoints.ts'
import type { BrowserSessions, BrowserSignIn } from '../people/contract.ts'
import { matchesCsrf } from '../people/csrf.ts'
import { firstChoice } from './choice.ts'
import { ConsentDesk, type Answered, type ConsentDeskDependencies } from './consent-desk.ts'
import { consentPage, type ConsentView } from './consent-page.ts'
import { commandLinePage, othersRunPage, overPage } from './interaction-pages.ts'

export interface ConsentDependencies extends ConsentDeskDependencies {
  /** Our own origin: `https://postern.acme.com`. */
  readonly url: string
  readonly sessions: BrowserSessions
  /** Where somebody connects an account, and comes back to this path of ours. */
  readonly connectUrl: (integration: string, returnTo: string) => string
  /** Told of what broke, for the log. */
  readonly report: (error: unknown) => void
}

/** `/consent/{uid}`: the screen, and its answer. */
export function consentRoutes(deps: ConsentDependencies): WebApp {
  const desk = new ConsentDesk(deps)
  const app = new Hono<WebEnv>()
  const path = `${INTERACTION_PATH}/:uid`
  app.use(path, withPageHeaders({ https: deps.url.startsWith('https:') }))
  app.onError(whatBroke(deps.report))
  app.get(path, (c) => show(c, desk, deps))
  app.post(path, formLimit, (c) => take(c, desk, deps))
  return app
}

async function show(c: WebContext, desk: ConsentDesk, deps: ConsentDependencies): Promise<Response> {
  const request = await desk.current(c.env)
  if (request === undefined || request.uid !== c.req.param('uid')) return c.html(overPage(), 410)
  const signIn = await deps.sessions.current(c.req.header('cookie'))
  if (signIn === undefined) return c.redirect(loginFor(c), 303)
  const asked = await desk.ask(request, signIn)
  switch (asked.kind) {
    case 'not_theirs':
      return c.html(othersRunPage(signIn, c.req.path), 403)
    case 'sign_in':
      return c.html(commandLinePage(signIn, c.req.path, request.answerTo, request.userCode))
    case 'offer':
      return c.html(consentPage({ ...asked, choice: firstChoice(asked.offer), problems: [], ...around(c, deps, signIn) }))
  }
}

async function take(c: WebContext, desk: ConsentDesk, deps: ConsentDependencies): Promise<Response> {
  const signIn = await deps.sessions.current(c.req.header('cookie'))
  if (signIn === undefined) return c.redirect(loginFor(c), 303)
  const form = await readForm(c)
  const genuine = sentByOwnPage(c, deps.url) && matchesCsrf(signIn, form?.get(CSRF_FIELD))
  if (form === undefined || !genuine) return refusedForm(c, c.req.path)
  return tell(c, deps, signIn, await desk.answer(c.env, c.req.param('uid') ?? '', signIn, form))
}

function tell(c: WebContext, deps: ConsentDependencies, signIn: BrowserSignIn, answered: Answered): Response | Promise<Response> {
  switch (answered.kind) {
    case 'answered':
      return c.html(onwardPage(answered.next, 'where you came from'))
    case 'over':
      return c.html(overPage(), 410)
    case 'not_theirs':
      return c.html(othersRunPage(signIn, c.req.path), 403)
    case 'unclear':
      return c.html(consentPage({ ...answered, ...around(c, deps, signIn) }), 422)
  }
}

function around(c: WebContext, { clock, connectUrl }: ConsentDependencies, signIn: BrowserSignIn): Pick<ConsentView, 'signIn' | 'nowMs' | 'path' | 'connectUrl'> {
  return { signIn, nowMs: clock.nowMs(), path: c.req.path, connectUrl }
}

function loginFor(c: WebContext): string {
  return `/login?${new URLSearchParams({ return: c.req.path }).toString()}`
}
