import { onTestFinished } from 'vitest'
import type { AuditEvent, EventCode } from '../../src/audit/event.ts'
import { createConnectionDesk, type OpenConnectionDesk } from '../../src/authority/connections/connection-desk.ts'
import { connectRoutes } from '../../src/authority/connections/connect-routes.ts'
import { connectUrl } from '../../src/authority/connections/connect-url.ts'
import type { BrowserSignIn } from '../../src/authority/people/contract.ts'
import type { WebApp } from '../../src/authority/pages/web.ts'
import { makeStandInCa } from '../../src/demo/server/certificates.ts'
import { startGithub, type Github } from '../../src/demo/github/start-github.ts'
import { startSlack, type Slack } from '../../src/demo/slack/start-slack.ts'
import { startTickets, type Tickets } from '../../src/demo/tickets/start-tickets.ts'
import { githubAppIssuer, githubOauth } from '../../src/integrations/github/github.ts'
import type { Origin } from '../../src/integrations/integration.ts'
import type { Issuer } from '../../src/integrations/issuer.ts'
import { oauth2Issuer } from '../../src/integrations/oauth2/oauth2-issuer.ts'
import { oauth2Upstream } from '../../src/integrations/oauth2/oauth2-upstream.ts'
import { slackBotIssuer } from '../../src/integrations/slack/slack-integration.ts'
import { slackUserOauth } from '../../src/integrations/slack/user-oauth.ts'
import type { UpstreamHttp } from '../../src/integrations/upstream-http.ts'
import type { UpstreamOauth } from '../../src/integrations/upstream-oauth.ts'
import { Secret } from '../../src/lib/secret.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { Fault } from '../../src/model/denial.ts'
import { parsePersonId, type PersonId } from '../../src/model/ids.ts'
import { fetchTrusting, StandInClock } from '../support/standins.ts'
import { MemoryConnections } from './memory-connections.ts'
import { MemoryShortLived } from './memory-short-lived.ts'

export const OURS = 'https://postern.test'
export const ALICE = person('user:alice@acme.com')
export const BOB = person('user:bob@acme.com')
const USER_SCOPES = ['chat:write', 'channels:history']

/** Upstreams on real sockets, and our side of connecting before them. */
export interface ConnectWorld {
  readonly clock: StandInClock
  readonly github: Github
  readonly slack: Slack
  readonly tickets: Tickets
  readonly app: WebApp
  readonly oauth: ReadonlyMap<string, UpstreamOauth>
  readonly issuers: Readonly<Record<'github' | 'slack' | 'tickets', Issuer>>
  readonly desk: OpenConnectionDesk
  /** Another process on the same store. */
  otherDesk(): OpenConnectionDesk
  readonly connections: MemoryConnections
  readonly events: AuditEvent[]
  of(event: EventCode): readonly AuditEvent[]
  /** A browser in which this person is signed in to us; undefined for nobody. */
  browser(who: PersonId | undefined): Browser
  readonly http: typeof globalThis.fetch
}

export async function connectWorld(): Promise<ConnectWorld> {
  const clock = new StandInClock()
  const shared = { ca: await makeStandInCa(), clock }
  const [github, slack, tickets] = await Promise.all([startGithub(shared), startSlack(shared), startTickets(shared)])
  const trusting = fetchTrusting(shared.ca.certificatePem)
  onTestFinished(async () => {
    await trusting.close()
    await Promise.all([github.close(), slack.close(), tickets.close()])
  })
  const http = over(trusting.fetch)
  const api = originOf(github.port)
  const oauth = upstreamsOf({ github, slack, tickets }, http, clock)
  const connections = new MemoryConnections(clock)
  const events: AuditEvent[] = []
  const audit = { writable: true, post: (event: AuditEvent) => void events.push(event), commit: async (event: AuditEvent) => void events.push(event) }
  const otherDesk = (): OpenConnectionDesk => createConnectionDesk({ connections, oauth, audit, clock, timers: systemTimers })
  const desk = otherDesk()
  const people = (integration: string, title: string) => ({ users: desk, connectUrl: connectUrl(OURS, integration), title })
  const client = { clientId: github.oauth.clientId, clientSecret: new Secret(github.oauth.clientSecret) }
  const appOptions = { id: String(github.app.id), privateKey: new Secret(github.app.privateKeyPem), installationId: undefined }
  const issuers = {
    github: githubAppIssuer({ name: 'github', api, uploads: undefined, app: appOptions, people: { ...people('github', 'GitHub'), client }, http, clock }),
    slack: slackBotIssuer({
      name: 'slack', credential: { botToken: new Secret(slack.installation.bot.accessToken) }, people: people('slack', 'Slack'),
      origins: { api: originOf(slack.port), upload: originOf(slack.port) }, store: { connections }, http, onReauthRequired: () => undefined, clock,
    }).issuer,
    tickets: oauth2Issuer({ placement: BEARER, people: people('tickets', 'Tickets'), scopesAreUpstreams: true, clock }),
  }
  const signedIn = new Map<string, BrowserSignIn>()
  const app = connectRoutes({
    url: OURS,
    oauth,
    sessions: { current: async (cookie) => signedIn.get(/__Host-postern=([a-z0-9-]+)/.exec(cookie ?? '')?.[1] ?? '') },
    connections,
    shortLived: new MemoryShortLived(clock),
    audit,
    clock,
    report: (error) => { throw error },
  })
  return {
    clock, github, slack, tickets, app, oauth, issuers, desk, otherDesk, connections, events,
    of: (event) => events.filter((one) => one.event === event),
    browser: (who) => {
      const browser = new Browser(app, trusting.fetch)
      if (who !== undefined) {
        signedIn.set(browser.session, signInOf(who, browser.session))
        browser.cookies.set('__Host-postern', browser.session)
      }
      return browser
    },
    http: trusting.fetch,
  }
}

const BEARER = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' } as const

function upstreamsOf(
  { github, slack, tickets }: Pick<ConnectWorld, 'github' | 'slack' | 'tickets'>, http: UpstreamHttp, clock: StandInClock,
): ReadonlyMap<string, UpstreamOauth> {
  const { clientId, clientSecret } = github.oauth
  const origin = tickets.origin
  return new Map([
    ['github', githubOauth({
      api: originOf(github.port), site: originOf(github.port), http, siteHttp: http, clock,
      client: { clientId, clientSecret: new Secret(clientSecret) }, appSlug: github.app.slug,
    })],
    ['slack', slackUserOauth({
      api: originOf(slack.port), clientId: slack.client.id, clientSecret: new Secret(slack.client.secret), userScopes: USER_SCOPES, http, clock,
    })],
    ['tickets', oauth2Upstream({
      title: 'Tickets', authorizeUrl: `${origin}/oauth/authorize`, tokenUrl: `${origin}/oauth/token`, revokeUrl: `${origin}/oauth/revoke`, issuer: origin,
      clientId: tickets.oauth.clientId, clientSecret: new Secret(tickets.oauth.clientSecret), clientAuthentication: 'basic',
      scopes: ['tickets:read', 'comments:create'], scopeSeparator: ' ', pkce: true, http, clock,
    })],
  ])
}

let browsers = 0

/** A browser without scripts: keeps cookies of ours, sends forms as a page of ours does. */
export class Browser {
  readonly session = `browser-${(browsers += 1)}`
  readonly cookies = new Map<string, string>()
  readonly #app: WebApp
  readonly #fetch: typeof globalThis.fetch

  constructor(app: WebApp, fetch: typeof globalThis.fetch) {
    this.#app = app
    this.#fetch = fetch
  }

  get csrf(): string {
    return `csrf of ${this.session}`
  }

  async open(path: string): Promise<Response> {
    return this.#keep(await this.#app.fetch(new Request(new URL(path, OURS), { headers: { cookie: this.#cookieHeader() } })))
  }

  async send(path: string, fields: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields })
    const sent = { cookie: this.#cookieHeader(), origin: OURS, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded', ...headers }
    return this.#keep(await this.#app.fetch(new Request(new URL(path, OURS), { method: 'POST', headers: sent, body: body.toString() })))
  }

  /** From our page to the upstream's. @returns where our page sends the browser */
  async leave(path: string, fields: Readonly<Record<string, string>> = {}): Promise<URL> {
    const page = await (await this.send(path, fields)).text()
    const url = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    if (url === undefined) throw new Error(`the page leads nowhere: ${page.replace(/<[^>]+>/g, ' ').slice(-400)}`)
    return new URL(url)
  }

  /** Says yes or no on the upstream's page, as one of its accounts. @returns our address to which it leads back */
  async consent(at: URL, login: string, decision: 'authorize' | 'cancel' = 'authorize'): Promise<URL> {
    const page = await (await this.#fetch(at.href, { redirect: 'manual' })).text()
    const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
    const answer = await this.#fetch(new URL(action, at).href, {
      method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ticket, login, decision }).toString(),
    })
    return new URL(answer.headers.get('location') ?? '')
  }

  /** The whole way. @returns the last page's text */
  async connect(integration: string, login: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const back = await this.consent(await this.leave(`/connect/${integration}`, fields), login)
    const answer = await this.open(pathOf(back))
    const location = answer.headers.get('location')
    return textOf(location === null ? answer : await this.open(location))
  }

  #cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #keep(answer: Response): Response {
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      this.cookies.set(name, value)
    }
    return answer
  }
}

/** What a page says, without its tags. */
export async function textOf(answer: Response): Promise<string> {
  return (await answer.text()).replace(/<style[^]*?<\/style>/g, '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

export function pathOf(url: URL): string {
  return `${url.pathname}${url.search}`
}

function originOf(port: number): Origin {
  return { scheme: 'https', host: 'localhost', port, basePath: '' }
}

function over(fetch: typeof globalThis.fetch): UpstreamHttp {
  return async ({ method, url, headers, body }, signal) => {
    try {
      const answer = await fetch(url, { method, headers: { ...headers }, ...(body === undefined ? {} : { body }), redirect: 'manual', signal })
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
    } catch (cause) {
      throw new Fault('credential_unavailable', 'no whole answer', { cause })
    }
  }
}

function signInOf(id: PersonId, session: string): BrowserSignIn {
  const email = id.slice('user:'.length)
  const known = { id, issuer: 'https://idp.test', subject: email, name: email, email, groups: [], firstSeenAtMs: 0, lastSeenAtMs: 0 }
  return { person: known, roles: ['person'], breakGlass: false, signedInAtMs: 0, csrf: `csrf of ${session}` }
}

function person(text: string): PersonId {
  const id = parsePersonId(text)
  if (id === undefined) throw new TypeError(text)
  return id
}
