import type { AuthorityWorld, WorldBrowser } from '../../support/authority-world.ts'
import { requestBytes, TestAgent, type RequestParts } from '../../support/agent-client.ts'
import { agentRules } from '../../support/policies.ts'
import type { Answer, Wire } from '../../support/wire.ts'

/** What most of these runs are approved for. */
export const READ_PULLS = { integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] } as const
export const READ_TICKETS = { integration: 'tickets', scopes: ['tickets:read'], targets: ['*'] } as const

export const PULL = '/github/repos/acme-corp/backend/pulls/42'

/** Policies by which every agent of these tests may read tickets: the upstream with endless streams. */
export const TICKET_RULES = Object.fromEntries(['pr-reviewer', 'issue-triage', 'release-notes'].map((name) =>
  [`${name}-tickets.yaml`, agentRules(`agent:${name}`, '{ id: tickets, allow: { integration: tickets, scopes: ["tickets:read"] } }')]))

/** One call by base URL: `call(world, token, '/github/repos/…')`. */
export async function call(world: AuthorityWorld, token: string, path: string = PULL, method = 'GET', parts: RequestParts = {}): Promise<Answer> {
  return new TestAgent(world, token).reverse(method, path, parts)
}

/** `200`, or `403 delegation_revoked`. */
export async function outcome(world: AuthorityWorld, token: string, path: string = PULL, method = 'GET', parts: RequestParts = {}): Promise<string> {
  const { status, code } = await call(world, token, path, method, parts)
  return code === undefined ? String(status) : `${status} ${code}`
}

/** An open stream of server-sent events in a tunnel, its first event read. */
export async function openStream(world: AuthorityWorld, token: string, ticket = 'T-1'): Promise<Wire> {
  const host = world.host('tickets')
  const tunnel = await new TestAgent(world, token).tunnel(host)
  tunnel.send(requestBytes('GET', `/v1/tickets/${ticket}/events`, host))
  const begun = await tunnel.until(/data: [^\n]*\n|^HTTP\/1\.1 [45][^]*\}/)
  if (!begun.includes('data: ')) throw new Error(`no stream: ${begun}`)
  return tunnel
}

/** Resolves with the stream's next event. */
export function stillOpen(stream: Wire): Promise<string> {
  return stream.until(/data: [^\n]*\n/)
}

/** The claims of a token, not verified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
}

export function sessionOf(token: string): string {
  return String(claimsOf(token)['sid'])
}

export function delegationOf(token: string): string {
  return String(claimsOf(token)['dlg'])
}

/** An answer of the admin API. */
export interface ApiAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** The admin API as the dashboard reaches it: by the browser's cookie, and with the token of its sign-in for what changes something. */
export class BrowserApi {
  readonly #browser: WorldBrowser
  readonly #csrf: string

  private constructor(browser: WorldBrowser, csrf: string) {
    this.#browser = browser
    this.#csrf = csrf
  }

  static async of(browser: WorldBrowser): Promise<BrowserApi> {
    const { body } = await new BrowserApi(browser, '').get('/v1/me')
    return new BrowserApi(browser, String(body['csrf']))
  }

  get(path: string): Promise<ApiAnswer> {
    return this.#send(path, {})
  }

  /** All of a list that one part holds. */
  async items(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { status, body } = await this.get(path)
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${JSON.stringify(body)}`)
    return body['items'] as readonly Readonly<Record<string, unknown>>[]
  }

  post(path: string, body: unknown = {}, headers: Readonly<Record<string, string | undefined>> = {}): Promise<ApiAnswer> {
    return this.#change('POST', path, body, headers)
  }

  patch(path: string, body: unknown): Promise<ApiAnswer> {
    return this.#change('PATCH', path, body, {})
  }

  /** @param headers in the place of what the dashboard's pages send; undefined leaves one out */
  #change(method: string, path: string, body: unknown, headers: Readonly<Record<string, string | undefined>>): Promise<ApiAnswer> {
    const all = { 'content-type': 'application/json', origin: this.#browser.origin, 'postern-csrf': this.#csrf, ...headers }
    const sent = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
    return this.#send(path, { method, body: JSON.stringify(body), headers: sent })
  }

  async #send(path: string, init: RequestInit): Promise<ApiAnswer> {
    const cookie = [...this.#browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(`${this.#browser.origin}${path}`, { ...init, headers: { ...init.headers as Record<string, string>, cookie } })
    return { status: answer.status, body: await answer.json() as Record<string, unknown> }
  }
}

/** Takes back what this person approved last, as their dashboard does. @returns the report */
export async function revokeNewest(browser: WorldBrowser, agent?: string): Promise<ApiAnswer['body']> {
  const api = await BrowserApi.of(browser)
  const [newest] = await api.items(`/v1/delegations?state=active${agent === undefined ? '' : `&agent=${agent}`}`)
  if (newest === undefined) throw new Error('nothing is approved')
  const { status, body } = await api.post(`/v1/delegations/${String(newest['id'])}/revoke`)
  if (status !== 200) throw new Error(`it was not revoked: ${status} ${JSON.stringify(body)}`)
  return body
}
