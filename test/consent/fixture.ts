import { randomBytes } from 'node:crypto'
import { consentRoutes } from '../../src/authority/consent/consent-routes.ts'
import type { ConsentForecast, ConsentIntegration } from '../../src/authority/consent/contract.ts'
import { deviceRoutes } from '../../src/authority/consent/device-routes.ts'
import type { Granted } from '../../src/authority/delegations/contract.ts'
import { loginRoutes } from '../../src/authority/login/login-routes.ts'
import type { AccessRequest, Answer, DeviceCodes, Interactions } from '../../src/authority/oauth/contract.ts'
import { githubScopeWords } from '../../src/integrations/github/scope-words.ts'
import { githubVocabulary } from '../../src/integrations/github/vocabulary.ts'
import { slackScopeWords } from '../../src/integrations/slack/scope-words.ts'
import { slackVocabulary } from '../../src/integrations/slack/vocabulary.ts'
import { routesScopeWords } from '../../src/integrations/routes/scope-words.ts'
import { routesVocabulary } from '../../src/integrations/routes/routes-vocabulary.ts'
import type { AgentId, ConnectionId, PersonId, SessionId } from '../../src/model/ids.ts'
import type { PreviewQuestion } from '../../src/policy/forecast.ts'
import type { Connection } from '../../src/store/ports/connections.ts'
import { Visitor } from '../support/visitor.ts'
import { webWorld, type WebWorld } from '../pages/web-world.ts'

export const ALICE = 'user:alice@acme.com' as PersonId
export const BOB = 'user:bob@acme.com' as PersonId
export const AGENT = { id: 'agent:pr-reviewer' as AgentId, name: 'PR Reviewer', owner: 'Platform team' }

const TICKETS = [
  { name: 'GET /v1/tickets/{id}', access: 'read', alternatives: [['tickets:read']] },
  { name: 'POST /v1/tickets/{id}/comments', access: 'write', alternatives: [['tickets:write']] },
] as const

export const INTEGRATIONS: ReadonlyMap<string, ConsentIntegration> = new Map([
  ['github', { vocabulary: githubVocabulary, words: githubScopeWords }],
  ['slack', { vocabulary: slackVocabulary, words: slackScopeWords }],
  ['tickets', { vocabulary: routesVocabulary({ operations: TICKETS, exactScopes: false, foldTargetCase: false }), words: routesScopeWords('tickets', TICKETS) }],
])

export function connection(integration: string, over: Partial<Connection> = {}): Connection {
  return {
    id: `con_${integration}` as ConnectionId, integration, owner: ALICE, label: 'work', account: { id: '1', name: 'alice-chen' }, scopes: [],
    tokens: { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: undefined }, imported: [], state: 'active', stateReason: undefined,
    intent: undefined, version: 1, generation: 1, createdAtMs: 0, updatedAtMs: 0, ...over,
  }
}

export function asked(over: Partial<AccessRequest> = {}): AccessRequest {
  return {
    uid: 'uid-1', purpose: 'delegation', clientId: 'pr-reviewer', agent: AGENT, extend: undefined, answerTo: 'http://127.0.0.1:53123', userCode: undefined,
    access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write', 'contents:read'], targets: ['acme-corp/backend'] }], ...over,
  }
}

/** Policy that says what the test says; all is allowed otherwise. */
export interface TestForecast extends ConsentForecast {
  say: (question: PreviewQuestion) => { readonly effect: 'allow' | 'ask' | 'deny', readonly reason: string } | undefined
  boundMs: number | undefined
  /** `github:pulls:read`. */
  lent: readonly string[]
}

export function testForecast(): TestForecast {
  const forecast: TestForecast = {
    say: () => undefined,
    boundMs: undefined,
    lent: [],
    preview(question) {
      const { effect, reason } = forecast.say(question) ?? { effect: 'allow', reason: 'Policy allows it.' } as const
      return { effect, reason, layer: effect === 'allow' ? undefined : 'org_policy', rule: undefined }
    },
    delegationBound: () => forecast.boundMs,
    lends: ({ integration, scope }) => forecast.lent.includes(`${integration}:${scope}`),
  }
  return forecast
}

/** Interactions as the OAuth server keeps them: bound to a browser by a cookie, answered once. */
export class TestInteractions implements Interactions, DeviceCodes {
  readonly open = new Map<string, { readonly request: AccessRequest, readonly browser: string }>()
  readonly answers: { readonly uid: string, readonly person: PersonId, readonly answer: Answer }[] = []
  readonly codes = new Map<string, AccessRequest>()
  next = (uid: string): string => `/oauth2/authorize/${uid}`
  /** Holds every answer until it is let go. */
  gate: Promise<void> = Promise.resolve()
  /** Too many wrong codes were tried. */
  tooOften = false

  /** Begins one in a browser, as the authorization endpoint would. @returns its path */
  start(request: AccessRequest, visitor: Visitor): string {
    const browser = randomBytes(9).toString('base64url')
    this.open.set(request.uid, { request, browser })
    visitor.jar.set('_interaction', browser)
    return `/consent/${request.uid}`
  }

  current: Interactions['current'] = (incoming) => Promise.resolve(this.#find(incoming.url, incoming.headers.cookie)?.request)

  answer: Interactions['answer'] = async (incoming, _outgoing, person, answer) => {
    await this.gate
    const found = this.#find(incoming.url, incoming.headers.cookie)
    if (found === undefined) return undefined
    const { uid } = found.request
    this.open.delete(uid)
    this.answers.push({ uid, person, answer })
    return this.next(uid)
  }

  submit: DeviceCodes['submit'] = (_incoming, _person, typed) => {
    if (this.tooOften) return Promise.resolve({ kind: 'too_often', retryAfterMs: 900_000 })
    const request = this.codes.get(typed.toUpperCase())
    if (request === undefined) return Promise.resolve({ kind: 'unknown' })
    const browser = randomBytes(9).toString('base64url')
    this.open.set(request.uid, { request, browser })
    return Promise.resolve({ kind: 'found', location: `/consent/${request.uid}`, setCookie: `_interaction=${browser}; Path=/; HttpOnly` })
  }

  #find(url: string | undefined, cookie: string | undefined) {
    const uid = /^\/consent\/([^/?]+)/.exec(url ?? '')?.[1] ?? ''
    const found = this.open.get(uid)
    return found !== undefined && cookie?.includes(`_interaction=${found.browser}`) === true ? found : undefined
  }
}

export interface ConsentWorld extends WebWorld {
  readonly origin: string
  readonly interactions: TestInteractions
  readonly forecast: TestForecast
  connections: Connection[]
  live: Map<SessionId, Granted>
  /** A browser in which this person is signed in. */
  visitor(person?: PersonId): Promise<Visitor>
}

export async function consentWorld(): Promise<ConsentWorld> {
  const web = await webWorld()
  const interactions = new TestInteractions()
  const forecast = testForecast()
  const world = Object.assign(web, {
    origin: '', interactions, forecast,
    connections: [connection('github')] as Connection[],
    live: new Map<SessionId, Granted>(),
    visitor: async (person: PersonId = ALICE) => {
      const visitor = await new Visitor().get(`${world.origin}/login`)
      return visitor.submit({ person })
    },
  })
  world.origin = await web.serve((url) => [
    loginRoutes({
      url, behindProxy: false, sessions: web.sessions, people: web.store.people, shortLived: web.store.shortLived, audit: web.audit, clock: web.clock,
      by: { demoAccounts: [{ person: ALICE, name: 'Alice Chen', groups: ['engineering'] }, { person: BOB, name: 'Bob Diaz', groups: [] }] },
      report: (error) => void web.reported.push(error),
    }),
    consentRoutes({
      url, interactions, forecast, integrations: INTEGRATIONS, sessions: web.sessions, shortLived: web.store.shortLived, clock: web.clock,
      delegations: { live: (session) => Promise.resolve(world.live.get(session)) },
      connections: {
        connectable: () => [{ integration: 'github', title: 'Connect GitHub' }, { integration: 'slack', title: 'Connect Slack' }],
        of: (person) => Promise.resolve(world.connections.filter(({ owner }) => owner === person)),
      },
      lifetimes: () => ({ consentDefaultMs: 3_600_000, consentMaxMs: 30 * 86_400_000 }),
      connectUrl: (integration, returnTo) => `/connect/${integration}?${new URLSearchParams({ return: returnTo }).toString()}`,
      report: (error) => void web.reported.push(error),
    }),
    deviceRoutes({ url, devices: interactions, sessions: web.sessions, report: (error) => void web.reported.push(error) }),
  ])
  return world
}
