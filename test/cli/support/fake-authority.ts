import { createHash, randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { AdminWorld } from '../../admin/support/admin-world.ts'

interface Code {
  readonly challenge: string
  readonly redirectUri: string
}

/** What an authorization server does for `postern login`, around the real admin API; the person who signs in is Olivia, an operator. */
export class FakeAuthority {
  readonly codes = new Map<string, Code>()
  readonly refreshTokens = new Set<string>()
  readonly revoked: string[] = []
  readonly requests: { readonly grant: string; readonly resource: string | undefined }[] = []
  /** Seconds. */
  lifetime = 600
  /** The device flow: how often it answers that nobody confirmed yet. */
  pending = 1
  /** What `iss` the answer names; the authority's own unless set. */
  issInAnswer: string | undefined
  readonly #world: AdminWorld

  private constructor(world: AdminWorld) {
    this.#world = world
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<{ readonly world: AdminWorld; readonly authority: FakeAuthority }> {
    let authority: FakeAuthority | undefined
    const world = await AdminWorld.start({ also: (made) => (authority = new FakeAuthority(made)).#routes(), ...(tls === undefined ? {} : { tls }) })
    if (authority === undefined) throw new Error('it was not started')
    return { world, authority }
  }

  /** As the person's browser: the page that the command shows, then wherever it is sent. */
  async browse(page: string): Promise<string> {
    const signedIn = await fetch(page, { redirect: 'manual' })
    const shown = await fetch(signedIn.headers.get('location') ?? '')
    return shown.text()
  }

  #routes(): Hono {
    const app = new Hono()
    const at = (path: string): string => this.#world.url + path
    app.get('/.well-known/oauth-authorization-server', (c) => c.json({
      issuer: this.#world.url, authorization_endpoint: at('/oauth2/authorize'), token_endpoint: at('/oauth2/token'), revocation_endpoint: at('/oauth2/revoke'),
      device_authorization_endpoint: at('/oauth2/device'), response_types_supported: ['code'], code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true, token_endpoint_auth_methods_supported: ['none'],
    }))
    app.get('/oauth2/authorize', (c) => this.#authorize(c))
    app.post('/oauth2/device', (c) => c.json({
      device_code: 'device-1', user_code: 'WDJB-MJHT', verification_uri: at('/device'), verification_uri_complete: at('/device?user_code=WDJB-MJHT'), expires_in: 60, interval: 0.01,
    }))
    app.post('/oauth2/token', (c) => this.#token(c))
    app.post('/oauth2/revoke', async (c) => {
      this.revoked.push(String((await c.req.parseBody())['token']))
      return c.body(null, 200)
    })
    return app
  }

  #authorize(c: Context): Response {
    const { client_id: client, code_challenge: challenge = '', code_challenge_method: method, redirect_uri: redirectUri = '', state = '', resource } = c.req.query()
    if (client !== 'postern-cli' || method !== 'S256' || resource !== `${this.#world.url}/v1` || !/^http:\/\/127\.0\.0\.1:\d+\/callback$/.test(redirectUri)) return c.text('no', 400)
    const code = randomBytes(9).toString('base64url')
    this.codes.set(code, { challenge, redirectUri })
    return c.redirect(`${redirectUri}?${new URLSearchParams({ code, state, iss: this.issInAnswer ?? this.#world.url }).toString()}`)
  }

  async #token(c: Context): Promise<Response> {
    const body = Object.fromEntries(Object.entries(await c.req.parseBody()).map(([name, value]) => [name, String(value)]))
    const { grant_type: grant = '', resource } = body
    this.requests.push({ grant, resource })
    const refused = this.#refusal(grant, body)
    return refused === undefined ? c.json(this.#issue()) : c.json({ error: refused }, 400)
  }

  #refusal(grant: string, body: Readonly<Record<string, string>>): string | undefined {
    if (grant === 'authorization_code') {
      const code = this.codes.get(body['code'] ?? '')
      this.codes.delete(body['code'] ?? '')
      const challenge = createHash('sha256').update(body['code_verifier'] ?? '').digest('base64url')
      return code?.challenge === challenge && code.redirectUri === body['redirect_uri'] ? undefined : 'invalid_grant'
    }
    if (grant === 'refresh_token') return this.refreshTokens.delete(body['refresh_token'] ?? '') ? undefined : 'invalid_grant'
    if (this.pending === 0) return undefined
    this.pending -= 1
    return 'authorization_pending'
  }

  #issue(): object {
    const [access, refresh] = [`at-${randomBytes(9).toString('base64url')}`, `rt-${randomBytes(9).toString('base64url')}`]
    this.#world.tokens.set(access, 'olivia')
    this.refreshTokens.add(refresh)
    return { access_token: access, token_type: 'bearer', expires_in: this.lifetime, refresh_token: refresh }
  }
}
