import { createHash, randomBytes } from 'node:crypto'

/** Where the demo's agent gets its tokens, and what it asks for. */
export interface OauthSessionOptions {
  /** The authority: `http://localhost:8081`. */
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
  /** RFC 9396. */
  readonly details: readonly Readonly<Record<string, unknown>>[]
  /** Milliseconds since 1970. */
  nowMs(): number
}

interface Tokens {
  readonly access: string
  readonly refresh: string
  readonly expiresAtMs: number
}

/** A little earlier than it has to be. */
const RENEW_AHEAD_MS = 30_000

/** The OAuth side of an agent: a public client with PKCE (RFC 6749, RFC 7636), renewed by refresh tokens. Nothing of it is Postern's own. */
export class OauthSession {
  readonly #options: OauthSessionOptions
  readonly #asked = new Map<string, string>()
  #tokens: Tokens | undefined

  constructor(options: OauthSessionOptions) {
    this.#options = options
  }

  get hasTokens(): boolean {
    return this.#tokens !== undefined
  }

  /** Where a person is sent to approve. */
  authorizationUrl(): string {
    const { issuer, clientId, redirectUri, details } = this.#options
    const verifier = randomBytes(32).toString('base64url')
    const state = randomBytes(16).toString('base64url')
    // One at a time: who begins anew means the new one.
    this.#asked.clear()
    this.#asked.set(state, verifier)
    const query = new URLSearchParams({
      client_id: clientId, response_type: 'code', redirect_uri: redirectUri, state, code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), authorization_details: JSON.stringify(details),
    })
    return `${issuer}/oauth2/authorize?${query.toString()}`
  }

  /** Takes what came back with the browser. @returns why there are no tokens; undefined where there are */
  async finish(query: URLSearchParams): Promise<string | undefined> {
    const { issuer, clientId, redirectUri } = this.#options
    const state = query.get('state') ?? ''
    const verifier = this.#asked.get(state)
    this.#asked.delete(state)
    if (verifier === undefined || query.get('iss') !== issuer) return 'This answer is not one that was waited for.'
    const code = query.get('code')
    if (code === null) return query.get('error') === 'access_denied' ? 'You denied it. The agent can do nothing.' : `The authority answered ${query.get('error') ?? 'nothing'}.`
    return this.#take({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, client_id: clientId })
  }

  /** A token that is good for a while. @returns undefined where there is none any more, and a person has to approve anew */
  async token(): Promise<string | undefined> {
    const held = this.#tokens
    if (held === undefined || held.expiresAtMs - RENEW_AHEAD_MS > this.#options.nowMs()) return held?.access
    await this.#take({ grant_type: 'refresh_token', refresh_token: held.refresh, client_id: this.#options.clientId })
    return this.#tokens?.access
  }

  async #take(parameters: Readonly<Record<string, string>>): Promise<string | undefined> {
    const answer = await fetch(`${this.#options.issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams(parameters) })
    const body = await answer.json() as Readonly<Record<string, unknown>>
    if (!answer.ok) {
      this.#tokens = undefined
      return `The authority answered ${String(body['error'])}: ${String(body['error_description'] ?? '')}`
    }
    this.#tokens = {
      access: String(body['access_token']), refresh: String(body['refresh_token']),
      expiresAtMs: this.#options.nowMs() + Number(body['expires_in']) * 1000,
    }
    return undefined
  }
}
