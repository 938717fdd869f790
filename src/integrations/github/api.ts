import type { UpstreamHttp, UpstreamResponse } from '../upstream-http.ts'
import type { AppIdentity } from './app-identity.ts'
import { clientAuthorization, type GithubClient } from './oauth-client.ts'

/** Where and how the issuer reaches GitHub's API. */
export interface GithubApiOptions {
  /** `https://api.github.com`, `https://ghe.acme.com/api/v3`: without a slash at its end. */
  readonly url: string
  readonly http: UpstreamHttp
}

/** The issuer's own calls to GitHub. */
export class GithubApi {
  readonly #url: string
  readonly #http: UpstreamHttp

  constructor(options: GithubApiOptions) {
    this.#url = options.url
    this.#http = options.http
  }

  /** @throws Fault `credential_unavailable` where there was no whole answer */
  send(method: 'GET' | 'POST' | 'DELETE', path: string, token: string, signal: AbortSignal, json?: unknown): Promise<UpstreamResponse> {
    return this.#send(method, path, `Bearer ${token}`, signal, json)
  }

  /** As the app's OAuth client, about a token of its own. @throws Fault `credential_unavailable` where there was no whole answer */
  sendAsClient(client: GithubClient, method: 'POST' | 'DELETE', rest: string, signal: AbortSignal, json: unknown): Promise<UpstreamResponse> {
    return this.#send(method, `/applications/${encodeURIComponent(client.clientId)}/${rest}`, clientAuthorization(client), signal, json)
  }

  #send(method: 'GET' | 'POST' | 'DELETE', path: string, authorization: string, signal: AbortSignal, json?: unknown): Promise<UpstreamResponse> {
    const headers = {
      accept: 'application/vnd.github+json',
      authorization,
      // GitHub refuses calls without one.
      'user-agent': 'postern',
      'x-github-api-version': '2022-11-28',
    }
    if (json === undefined) return this.#http({ method, url: `${this.#url}${path}`, headers }, signal)
    const body = JSON.stringify(json)
    return this.#http({ method, url: `${this.#url}${path}`, headers: { ...headers, 'content-type': 'application/json' }, body }, signal)
  }

  /** As the app; tried once more where GitHub's clock shows that ours is off. */
  async sendAsApp(
    app: AppIdentity,
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    json?: unknown,
  ): Promise<UpstreamResponse> {
    const answer = await this.send(method, path, await app.token(), signal, json)
    if (answer.status !== 401 || !app.correctClock(answer.headers['date'])) return answer
    return this.send(method, path, await app.token(), signal, json)
  }
}

/** @returns the JSON object that an answer holds; an empty one for anything else */
export function jsonObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return asObject(value)
  } catch {
    return {}
  }
}

/** @returns the value itself where it is a JSON object; an empty one for anything else */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}
