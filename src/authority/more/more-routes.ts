import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { firstChoice, type Choice } from '../consent/choice.ts'
import { consentPage } from '../consent/consent-page.ts'
import { othersRunPage } from '../consent/interaction-pages.ts'
import type { Offer } from '../consent/offer.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import type { BrowserSessions, BrowserSignIn } from '../people/contract.ts'
import { matchesCsrf } from '../people/csrf.ts'
import { MoreDesk, type MoreDeskDependencies } from './more-desk.ts'
import { MORE_PATH, moreAddress, readMoreLink, type MoreLink } from './more-link.ts'
import { answeredBeforePage, brokenLinkPage, moreAnsweredPage, runOverPage, settledPage } from './more-pages.ts'

export interface MoreDependencies extends MoreDeskDependencies {
  /** Our own origin: `https://postern.acme.com`. */
  readonly url: string
  readonly sessions: BrowserSessions
  /** Where somebody connects an account, and comes back to this path of ours. */
  readonly connectUrl: (integration: string, returnTo: string) => string
  /** Told of what broke, for the log. */
  readonly report: (error: unknown) => void
}

/** Names the page that was shown, so that it is answered once. */
const PAGE_FIELD = 'page'
const PAGE = /^[A-Za-z0-9_-]{22}$/
const ANSWERED_PATH = `${MORE_PATH}/answered`

type Answer = Response | Promise<Response>
interface Visit { readonly link: MoreLink; readonly signIn: BrowserSignIn }

/** `/more`, where the link of a call that was refused for want of consent leads: the consent screen for just that, and its answer. */
export function moreRoutes(deps: MoreDependencies): WebApp {
  const desk = new MoreDesk(deps)
  const app = new Hono<WebEnv>()
  for (const path of [MORE_PATH, ANSWERED_PATH]) app.use(path, withPageHeaders({ https: deps.url.startsWith('https:') }))
  app.onError(whatBroke(deps.report))
  app.get(MORE_PATH, (c) => visited(c, deps, (visit) => show(c, visit, desk, deps)))
  app.post(MORE_PATH, formLimit, (c) => visited(c, deps, (visit) => take(c, visit, desk, deps)))
  app.get(ANSWERED_PATH, (c) => c.html(moreAnsweredPage(c.req.query('as') === 'approved')))
  return app
}

/** A link that can be read, by somebody who is signed in; who is not does that first, and comes back. */
async function visited(c: WebContext, { sessions, integrations }: MoreDependencies, work: (visit: Visit) => Answer): Promise<Response> {
  const link = readMoreLink(new URL(c.req.url).searchParams, (name) => integrations.get(name)?.vocabulary)
  if (link === undefined) return c.html(brokenLinkPage(), 400)
  const signIn = await sessions.current(c.req.header('cookie'))
  if (signIn !== undefined) return work({ link, signIn })
  return c.redirect(`/login?${new URLSearchParams({ return: moreAddress(link) }).toString()}`, 303)
}

async function show(c: WebContext, visit: Visit, desk: MoreDesk, deps: MoreDependencies): Promise<Response> {
  const { link, signIn } = visit
  const looked = await desk.look(link, signIn)
  if (looked.kind !== 'offer') return unasked(c, visit, looked)
  const { offer } = looked
  return c.html(screen(visit, deps, randomBytes(16).toString('base64url'), { offer, choice: firstChoice(offer), problems: [] }))
}

async function take(c: WebContext, visit: Visit, desk: MoreDesk, deps: MoreDependencies): Promise<Response> {
  const { link, signIn } = visit
  const form = await readForm(c)
  const page = form?.get(PAGE_FIELD) ?? ''
  const genuine = sentByOwnPage(c, deps.url) && matchesCsrf(signIn, form?.get(CSRF_FIELD)) && PAGE.test(page)
  if (form === undefined || !genuine) return refusedForm(c, moreAddress(link))
  const answered = await desk.answer(link, page, signIn, form)
  switch (answered.kind) {
    case 'approved':
    case 'denied':
      return c.redirect(`${ANSWERED_PATH}?as=${answered.kind}`, 303)
    case 'unclear':
      return c.html(screen(visit, deps, page, answered), 422)
    case 'answered_before':
      return c.html(answeredBeforePage(moreAddress(link)), 409)
    case 'settled':
    case 'over':
    case 'not_theirs':
      return unasked(c, visit, answered)
  }
}

function screen({ link, signIn }: Visit, { clock, connectUrl }: MoreDependencies, page: string, shown: { offer: Offer; choice: Choice; problems: readonly string[] }) {
  return consentPage({ ...shown, signIn, nowMs: clock.nowMs(), path: moreAddress(link), connectUrl, fields: { [PAGE_FIELD]: page } })
}

type Unasked = { readonly kind: 'settled'; readonly offer: Offer } | { readonly kind: 'over' | 'not_theirs' }

function unasked(c: WebContext, { link, signIn }: Visit, why: Unasked): Answer {
  switch (why.kind) {
    case 'settled': return c.html(settledPage(why.offer.agent.name))
    case 'over': return c.html(runOverPage(), 410)
    case 'not_theirs': return c.html(othersRunPage(signIn, moreAddress(link)), 403)
  }
}
