import { Hono } from 'hono'
import type { AuditLog } from '../../audit/log.ts'
import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import type { Clock } from '../../lib/clock.ts'
import { parseId } from '../../model/ids.ts'
import type { Connections } from '../../store/ports/connections.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { onwardPage } from '../pages/onward-page.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { returnPath } from '../pages/return-path.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import type { BrowserSessions, BrowserSignIn } from '../people/contract.ts'
import { readCookie, setCookie } from '../people/cookies.ts'
import { matchesCsrf } from '../people/csrf.ts'
import { completeConnect, single } from './complete-connect.ts'
import * as pages from './connect-pages.ts'
import { CONNECT_COOKIE, CONNECT_STATE_MS, ConnectStates, newSecret, type ConnectAttempt } from './connect-states.ts'
import { connectionLabel } from './connection-label.ts'

/** What the pages of connecting work with. */
export interface ConnectRoutesDependencies {
  /** Our own origin: `https://postern.acme.com`. */
  readonly url: string
  /** By the integration's name: those at which people can connect. */
  readonly oauth: ReadonlyMap<string, UpstreamOauth>
  readonly sessions: Pick<BrowserSessions, 'current'>
  readonly connections: Connections
  readonly shortLived: ShortLived
  readonly audit: Pick<AuditLog, 'commit' | 'post' | 'writable'>
  readonly clock: Clock
  /** Told of what broke, for the log. */
  readonly report: (error: unknown) => void
}

/**
 * `/connect/{integration}`: people connect their accounts. Every step is the same signed-in person's in the same browser: our consent, the
 * upstream's, and what has come of it. Mounted at the root, below nothing that answers `/connect` itself.
 */
export function connectRoutes(deps: ConnectRoutesDependencies): WebApp {
  const app = new Hono<WebEnv>()
  const states = new ConnectStates(deps.shortLived, deps.clock)
  const steps = new ConnectSteps(deps, states)
  app.use('/connect/*', withPageHeaders({ https: deps.url.startsWith('https:') }))
  app.use('/connect/*', formLimit)
  app.onError(whatBroke(deps.report))
  app.get('/connect/:integration', (c) => steps.ask(c))
  app.post('/connect/:integration', (c) => steps.leave(c, 'authorize'))
  app.get('/connect/:integration/callback', (c) => steps.complete(c))
  app.get('/connect/:integration/done', (c) => steps.done(c))
  app.get('/connect/:integration/install', (c) => steps.askInstall(c))
  app.post('/connect/:integration/install', (c) => steps.leave(c, 'install'))
  app.get('/connect/:integration/setup', (c) => steps.installed(c))
  return app
}

type Answer = Response | Promise<Response>
type Visit = pages.ConnectPlace & { readonly signIn: BrowserSignIn; readonly redirectUri: string }

class ConnectSteps {
  readonly #deps: ConnectRoutesDependencies
  readonly #states: ConnectStates

  constructor(deps: ConnectRoutesDependencies, states: ConnectStates) {
    this.#deps = deps
    this.#states = states
  }

  async ask(c: WebContext): Promise<Response> {
    const query = new URL(c.req.url).searchParams
    const visit = await this.#visit(c, query)
    if (visit instanceof Response) return visit
    const own = await this.#deps.connections.list(visit.signIn.person.id)
    const here = own.filter((one) => one.owner === visit.signIn.person.id && one.integration === visit.integration && one.state !== 'revoked')
    return c.html(pages.connectPage(visit, here))
  }

  async askInstall(c: WebContext): Promise<Response> {
    const visit = await this.#visit(c, new URL(c.req.url).searchParams)
    if (visit instanceof Response) return visit
    return visit.oauth.installUrl === undefined ? this.#nothing(c, visit) : c.html(pages.installPage(visit))
  }

  /** Begins an attempt, in this browser, and leaves for the upstream. */
  async leave(c: WebContext, purpose: ConnectAttempt['purpose']): Promise<Response> {
    const form = await readForm(c)
    const visit = await this.#visit(c, form ?? new URLSearchParams())
    if (visit instanceof Response) return visit
    const { signIn, integration, label, returnTo, oauth, redirectUri, path, account } = visit
    const ours = sentByOwnPage(c, this.#deps.url) && form !== undefined && matchesCsrf(signIn, form.get(CSRF_FIELD))
    if (!ours) return refusedForm(c, purpose === 'install' ? `${path}/install` : path, account)
    if (purpose === 'install' && oauth.installUrl === undefined) return this.#nothing(c, visit)
    const browser = readCookie(c.req.header('cookie'), CONNECT_COOKIE) ?? newSecret()
    const { state, codeChallenge } = await this.#states.begin(browser, { integration, person: signIn.person.id, purpose, label, returnTo })
    const url = purpose === 'install' ? oauth.installUrl?.(state) : oauth.authorizeUrl({ redirectUri, state, codeChallenge })
    c.header('Set-Cookie', setCookie(CONNECT_COOKIE, browser, CONNECT_STATE_MS / 1000))
    return c.html(onwardPage(url ?? path, oauth.title))
  }

  async complete(c: WebContext): Promise<Response> {
    const visit = await this.#visit(c, new URLSearchParams(), pages.signedOutCallbackPage)
    if (visit instanceof Response) return visit
    const { connections, audit } = this.#deps
    // Before the code is used up: what cannot be recorded is not done.
    if (!audit.writable) return c.html(pages.notConnectedPage(visit, 'unavailable'), 503)
    const { signIn: { person }, integration, oauth, redirectUri, path } = visit
    const answer = { integration, person, browser: readCookie(c.req.header('cookie'), CONNECT_COOKIE), query: new URL(c.req.url).searchParams }
    const completion = await completeConnect(answer, { states: this.#states, connections, oauth, audit, redirectUri })
    if (completion.kind === 'stray') return c.html(pages.notConnectedPage(visit, 'stray'), 400)
    const { returnTo } = completion.attempt
    if (completion.kind !== 'connected') return c.html(pages.notConnectedPage({ ...visit, returnTo }, completion.kind), STATUS[completion.kind])
    // The code is in no address that stays in a history, and looking again does nothing again.
    return c.redirect(`${path}/done?connection=${completion.connection.id}&return=${encodeURIComponent(returnTo)}`, 303)
  }

  async done(c: WebContext): Promise<Response> {
    const query = new URL(c.req.url).searchParams
    const visit = await this.#visit(c, query)
    if (visit instanceof Response) return visit
    const id = parseId('con', query.get('connection') ?? '')
    const connection = id === undefined ? undefined : await this.#deps.connections.get(id)
    const theirs = connection?.owner === visit.signIn.person.id && connection.integration === visit.integration && connection.state !== 'revoked'
    return connection !== undefined && theirs ? c.html(pages.connectedPage(visit, connection)) : this.#nothing(c, visit)
  }

  /**
   * The app's setup address. What stands in it is anybody's to write (GitHub says so itself), and nothing is taken from it: which installation
   * there is for an owner is asked of the upstream when it is needed.
   */
  async installed(c: WebContext): Promise<Response> {
    const query = new URL(c.req.url).searchParams
    const visit = await this.#visit(c, new URLSearchParams())
    if (visit instanceof Response) return visit
    const state = single(query, 'state')
    const expected = { integration: visit.integration, person: visit.signIn.person.id, purpose: 'install' } as const
    const attempt = state === undefined ? 'unknown' : await this.#states.take(state, readCookie(c.req.header('cookie'), CONNECT_COOKIE), expected)
    const returnTo = typeof attempt === 'string' ? '/' : attempt.returnTo
    const action = (['install', 'update', 'request'] as const).find((one) => one === query.get('setup_action'))
    return c.html(pages.installedPage({ ...visit, returnTo }, action))
  }

  /** Who is here, and for which integration; or the answer that says what is missing. */
  async #visit(c: WebContext, fields: URLSearchParams, signedOut?: () => ReturnType<typeof pages.signedOutCallbackPage>): Promise<Visit | Response> {
    const signIn = await this.#deps.sessions.current(c.req.header('cookie'))
    if (signIn === undefined) return signedOut === undefined ? this.#signIn(c) : c.html(signedOut(), 401)
    const integration = c.req.param('integration') ?? ''
    const account = { name: signIn.person.email ?? signIn.person.name ?? signIn.person.id, csrf: signIn.csrf }
    const oauth = this.#deps.oauth.get(integration)
    if (oauth === undefined) return c.html(pages.nothingToConnectPage(account), 404)
    const path = `/connect/${encodeURIComponent(integration)}`
    return {
      signIn, integration, oauth, account, path,
      label: connectionLabel(fields.get('label') ?? undefined),
      returnTo: returnPath(fields.get('return') ?? undefined),
      redirectUri: `${this.#deps.url}${path}/callback`,
    }
  }

  #signIn(c: WebContext): Answer {
    const { pathname, search } = new URL(c.req.url)
    // A form that was sent is not sent again after signing in.
    const back = c.req.method === 'GET' ? `${pathname}${search}` : pathname
    return c.redirect(`/login?return=${encodeURIComponent(back)}`, 303)
  }

  #nothing(c: WebContext, { account }: Visit): Answer {
    return c.html(pages.nothingToConnectPage(account), 404)
  }
}

const STATUS = { mixed_up: 400, declined: 200, refused: 400, unavailable: 502, label_taken: 409, too_many: 409 } as const
