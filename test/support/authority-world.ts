import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoFiles } from '../../src/demo/demo-world.ts'
import { root } from '../house/source-tree.ts'
import { policiesWith } from './policies.ts'
import { startPosternWorld, type PosternWorld, type PosternWorldOptions } from './postern-world.ts'
import { fetchTrusting } from './standins.ts'
import { Visitor } from './visitor.ts'

/** What agents are called back at; nobody listens there, the browsers of these tests stop before it. */
export const REDIRECT = 'http://127.0.0.1/callback'

/** Who can sign in, and as what. */
export const PEOPLE = {
  alice: { person: 'user:alice@acme.com', name: 'Alice Chen', groups: ['engineering'], login: 'alice-chen' },
  bob: { person: 'user:bob@acme.com', name: 'Bob Diaz', groups: ['engineering'], login: 'bob-diaz' },
  olga: { person: 'user:olga@acme.com', name: 'Olga Petrova', groups: ['platform-ops'], login: undefined },
  otto: { person: 'user:otto@acme.com', name: 'Otto Weber', groups: ['platform-ops'], login: undefined },
  ada: { person: 'user:ada@acme.com', name: 'Ada Lovelace', groups: ['security'], login: undefined },
} as const
export type PersonName = keyof typeof PEOPLE

export interface AuthorityWorldOptions extends PosternWorldOptions {
  /** People act by their own GitHub accounts: the organisation's App is not lent. Default true. */
  readonly personAuthority?: boolean
  /** Keys of `authority.lifetimes`, as they stand in the file. */
  readonly lifetimes?: Readonly<Record<string, string>>
}

/** A running product with both planes. */
export interface AuthorityWorld extends PosternWorld {
  /** The authority's origin. */
  readonly url: string
  /** A browser in which nobody is signed in. */
  browser(): WorldBrowser
  /** A browser in which this person is signed in. */
  signedIn(name: PersonName): Promise<WorldBrowser>
}

/** Starts the product with an authority, demo sign-in, and GitHub's own OAuth. */
export async function startAuthorityWorld(options: AuthorityWorldOptions = {}): Promise<AuthorityWorld> {
  const { personAuthority = true, lifetimes = {}, ...rest } = options
  const world = await startPosternWorld({
    ...(personAuthority ? { policies: withoutLentGithub } : {}),
    ...rest,
    config: (text, upstreams) => {
      const complete = withAuthority(text, upstreams.files, upstreams, personAuthority, lifetimes)
      return rest.config?.(complete, upstreams) ?? complete
    },
  })
  const url = world.service.authority?.url ?? ''
  const { github } = world.upstreams
  const trusting = fetchTrusting(world.upstreams.caPem)
  const browser = (): WorldBrowser => new WorldBrowser(url, trusting.fetch, github.port)
  return {
    ...world,
    url,
    browser,
    signedIn: async (name) => browser().signIn(name),
    close: async () => {
      await trusting.close()
      await world.close()
    },
  }
}

/** A person's browser: our pages, and GitHub's stand-in where they lead there. */
export class WorldBrowser extends Visitor {
  readonly origin: string
  readonly #upstream: typeof globalThis.fetch
  readonly #githubPort: number

  constructor(origin: string, upstream: typeof globalThis.fetch, githubPort: number) {
    super()
    this.origin = origin
    this.#upstream = upstream
    this.#githubPort = githubPort
  }

  async signIn(name: PersonName): Promise<this> {
    await this.get(`${this.origin}/login`)
    const form = this.forms().findIndex(({ fields }) => fields.some(([field, value]) => field === 'person' && value === PEOPLE[name].person))
    await this.submit(form === -1 ? { person: PEOPLE[name].person } : {}, form === -1 ? {} : { form })
    if (this.status !== 200) throw new Error(`nobody signed in: ${this.status} ${this.text()}`)
    return this
  }

  /** Connects this GitHub account, from our page to GitHub's and back. */
  async connectGithub(login: string, path = '/connect/github'): Promise<this> {
    await this.get(`${this.origin}${path}`)
    await this.submit()
    const away = this.onward()
    if (away === undefined) throw new Error(`the page does not lead to GitHub: ${this.text()}`)
    const back = await this.#authorize(new URL(away), login)
    return this.get(back)
  }

  /** Opens an authorization request and stops at the consent screen, or before the agent's own place. */
  async ask(authorizationUrl: string): Promise<this> {
    return this.get(authorizationUrl, { stop: REDIRECT })
  }

  /** Answers the consent screen that is shown. @returns where the agent is answered */
  async answer(answer: 'approve' | 'deny', changes: Readonly<Record<string, string | undefined>> = {}): Promise<URL> {
    await this.submit({ ...changes, answer })
    const onward = this.onward()
    if (onward === undefined) throw new Error(`the answer was not taken: ${this.status} ${this.text()}`)
    if (!onward.startsWith(REDIRECT)) await this.get(new URL(onward, this.origin).href, { stop: REDIRECT })
    return new URL(onward.startsWith(REDIRECT) ? onward : this.url)
  }

  async #authorize(at: URL, login: string): Promise<string> {
    at.port = String(this.#githubPort)
    const page = await (await this.#upstream(at.href, { redirect: 'manual' })).text()
    const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const answer = await this.#upstream(new URL('/login/oauth/authorize', at).href, {
      method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ticket, login, decision: 'authorize' }).toString(),
    })
    return answer.headers.get('location') ?? ''
  }
}

/** An agent's side of the OAuth flows, as any program would do it. */
export class OauthAgent {
  readonly verifier = randomBytes(32).toString('base64url')
  readonly state = randomBytes(16).toString('base64url')
  readonly #url: string
  readonly clientId: string

  constructor(url: string, clientId: string) {
    this.#url = url
    this.clientId = clientId
  }

  authorizationUrl(parameters: Readonly<Record<string, string>>): string {
    const all = {
      client_id: this.clientId, response_type: 'code', redirect_uri: REDIRECT, state: this.state, code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'), ...parameters,
    }
    return `${this.#url}/oauth2/authorize?${new URLSearchParams(all).toString()}`
  }

  /** @param callback where the browser was sent with the code */
  async redeem(callback: URL): Promise<TokenAnswer> {
    const code = callback.searchParams.get('code')
    if (code === null) throw new Error(`no code: ${callback.href}`)
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: this.verifier })
  }

  refresh(refreshToken: string, more: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more })
  }

  exchange(subjectToken: string, resource: string, more: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
    return this.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token', resource, ...more,
    })
  }

  token(parameters: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    return this.post('/oauth2/token', parameters)
  }

  async post(path: string, parameters: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const answer = await fetch(`${this.#url}${path}`, { method: 'POST', body: new URLSearchParams({ client_id: this.clientId, ...parameters }) })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) as Record<string, unknown> }
  }
}

export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What an agent has once a person approved it. */
export interface AgentRun {
  readonly agent: OauthAgent
  readonly access: string
  readonly refresh: string
}

/** The whole way of one run: the agent asks, the signed-in person approves what is asked, the agent has its tokens. */
export async function approvedRun(
  world: Pick<AuthorityWorld, 'url'>, browser: WorldBrowser, clientId: string, details: readonly { integration: string; scopes: readonly string[]; targets: readonly string[] }[],
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<AgentRun> {
  const agent = new OauthAgent(world.url, clientId)
  await browser.ask(agent.authorizationUrl({ authorization_details: JSON.stringify(details.map((detail) => ({ type: 'postern', ...detail }))) }))
  const { status, body } = await agent.redeem(await browser.answer('approve', changes))
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`)
  return { agent, access: String(body['access_token']), refresh: String(body['refresh_token']) }
}

/** The product's own policies, but that GitHub's App is lent to nobody who acts for a person. */
async function withoutLentGithub(directory: string): Promise<string> {
  const org = await readFile(join(root, 'policies', 'org.yaml'), 'utf8')
  const without = org.replace(/ {2}- id: lend-github-app\n(?: {4}.*\n)+/, '')
  if (without === org) throw new Error('policies/org.yaml has no rule lend-github-app any more')
  return policiesWith({ 'org.yaml': without })(directory)
}

/** The configuration's text with an authority, demo sign-in and, for people to act by their own accounts, GitHub's OAuth. */
export function withAuthority(
  text: string, files: DemoFiles, upstreams: PosternWorld['upstreams'], personAuthority: boolean, lifetimes: Readonly<Record<string, string>>,
): string {
  const { github } = upstreams
  const accounts = Object.values(PEOPLE).map(({ person, name, groups }) => JSON.stringify({ person, name, groups }))
  const site = `site_connect: { address: "127.0.0.1:${github.port}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${JSON.stringify(files.ca)} } }`
  const oauth = `    oauth: { client_id: ${JSON.stringify(github.oauth.clientId)}, client_secret: { file: ${JSON.stringify(files.githubClientSecret)} }, app_slug: ${github.app.slug}, ${site} }\n`
  const agents = text.replaceAll(/^ {2}- \{ id: "(agent:[^"]+)", (.*) \}$/gm, `  - { id: "$1", $2, redirect_uris: ["${REDIRECT}"] }`)
  return `${personAuthority ? agents.replace('  github:\n    type: github\n', `  github:\n    type: github\n${oauth}`) : agents}authority:
  url: "http://127.0.0.1:0"
  address: "127.0.0.1:0"
  unsafe_demo_accounts: [${accounts.join(', ')}]
  roles: { operator: { groups: [platform-ops] }, auditor: { groups: [security] } }
  lifetimes: ${JSON.stringify(lifetimes)}
`
}
