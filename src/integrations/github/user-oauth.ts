import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { Fault } from '../../model/denial.ts'
import type { ConnectionTokens } from '../../store/ports/connections.ts'
import type { RefreshOutcome } from '../rotation/refresh-outcome.ts'
import { askTokenEndpoint, errorCode, expiryOf, retryAfterMs, scopeList, tokenText } from '../token-endpoint.ts'
import type { AccountOutcome, AuthorizeWish, CodeGrant, CodeOutcome, Granted, UpstreamOauth } from '../upstream-oauth.ts'
import type { UpstreamHttp } from '../upstream-http.ts'
import { jsonObject, type GithubApi } from './api.ts'
import type { GithubClient } from './oauth-client.ts'

/** The App by which people connect their GitHub accounts. */
export interface GithubUserOauthOptions {
  /** `https://github.com`: without a slash at its end. */
  readonly site: string
  readonly client: GithubClient
  /** The App's name in `/apps/NAME/installations/new`; undefined where nobody installs it from here. */
  readonly appSlug: string | undefined
  readonly siteHttp: UpstreamHttp
  readonly api: GithubApi
  readonly clock: Clock
}

type Fields = Readonly<Record<string, unknown>>

const DEAD: ReadonlySet<string> = new Set(['bad_refresh_token', 'invalid_grant'])
const NOT_PROCESSED: ReadonlySet<string> = new Set(['incorrect_client_credentials', 'unsupported_grant_type', 'slow_down'])

/**
 * How people connect their GitHub accounts: the App's user authorisation with PKCE. Its tokens have permissions and no scopes: what the App, its
 * installation and the person may, all three, at each call.
 */
export function githubUserOauth(options: GithubUserOauthOptions): UpstreamOauth {
  const { site, appSlug, api, client } = options
  return {
    title: 'GitHub',
    scopes: [],
    issuer: undefined,
    authorizeOrigin: new URL(site).origin,
    authorizeUrl: (wish) => authorizeUrl(options, wish),
    installUrl: appSlug === undefined ? undefined : (state) => withQuery(`${site}/apps/${appSlug}/installations/new`, { state }),
    exchange: (grant, signal) => exchange(options, grant, signal),
    refresh: (refreshToken, signal) => refresh(options, refreshToken, signal),
    account: (accessToken, signal) => account(api, accessToken, signal),
    revoke: (tokens, shared, signal) => revoke(api, client, tokens, shared, signal),
  }
}

function authorizeUrl({ site, client }: GithubUserOauthOptions, { redirectUri, state, codeChallenge }: AuthorizeWish): string {
  return withQuery(`${site}/login/oauth/authorize`, {
    client_id: client.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    // The person sees which of their accounts it will be, also where GitHub would not ask.
    prompt: 'select_account',
  })
}

async function exchange(options: GithubUserOauthOptions, grant: CodeGrant, signal: AbortSignal): Promise<CodeOutcome> {
  const form = { code: grant.code.reveal(), redirect_uri: grant.redirectUri, code_verifier: grant.codeVerifier.reveal() }
  const askedAtMs = options.clock.nowMs()
  const asked = await ask(options, form, signal)
  if (asked.kind !== 'answer') return { kind: 'unavailable', reason: 'GitHub did not answer' }
  const { answer, fields } = asked
  // GitHub refuses with 200.
  if (fields?.['error'] !== undefined) return { kind: 'refused', reason: errorCode(fields['error']) }
  const granted = answer.status === 200 && fields !== undefined ? grantedIn(fields, askedAtMs) : undefined
  return granted === undefined ? { kind: 'unavailable', reason: `GitHub answered with HTTP ${answer.status} and no token` } : { kind: 'granted', granted }
}

async function refresh(options: GithubUserOauthOptions, refreshToken: Secret, signal: AbortSignal): Promise<RefreshOutcome> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() }
  const askedAtMs = options.clock.nowMs()
  const asked = await ask(options, form, signal)
  if (asked.kind === 'not_sent') return { kind: 'not_processed', reason: 'GitHub could not be reached', retryAfterMs: undefined }
  if (asked.kind === 'no_answer') return { kind: 'unknown', reason: 'GitHub did not answer' }
  const { answer, fields } = asked
  if (answer.status === 429) return { kind: 'not_processed', reason: 'rate limited', retryAfterMs: retryAfterMs(answer) }
  if (fields?.['error'] !== undefined) return failed(errorCode(fields['error']))
  const granted = answer.status === 200 && fields !== undefined ? grantedIn(fields, askedAtMs) : undefined
  if (granted?.tokens.refreshToken === undefined) return { kind: 'unknown', reason: `GitHub answered with HTTP ${answer.status} and no whole result` }
  return { kind: 'rotated', successor: granted }
}

function ask({ site, client, siteHttp }: GithubUserOauthOptions, form: Readonly<Record<string, string>>, signal: AbortSignal): ReturnType<typeof askTokenEndpoint> {
  const credentials = { client_id: client.clientId, client_secret: client.clientSecret.reveal() }
  return askTokenEndpoint(siteHttp, `${site}/login/oauth/access_token`, { ...credentials, ...form }, {}, signal)
}

function failed(code: string): RefreshOutcome {
  if (DEAD.has(code)) return { kind: 'dead', reason: code }
  if (NOT_PROCESSED.has(code)) return { kind: 'not_processed', reason: code, retryAfterMs: undefined }
  return { kind: 'unknown', reason: code }
}

/** Without an expiry the App has "expire user authorization tokens" switched off: then there is no refresh token either. */
function grantedIn(fields: Fields, askedAtMs: number): Granted | undefined {
  const access = tokenText(fields['access_token'])
  const expiresAtMs = expiryOf(fields['expires_in'], askedAtMs)
  const refreshToken = tokenText(fields['refresh_token'])
  if (access === undefined || expiresAtMs === undefined || String(fields['token_type']).toLowerCase() !== 'bearer') return undefined
  return {
    scopes: scopeList(fields['scope']) ?? [],
    tokens: {
      accessToken: new Secret(access),
      accessExpiresAtMs: expiresAtMs === 'none' ? undefined : expiresAtMs,
      refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    },
  }
}

async function account(api: GithubApi, accessToken: Secret, signal: AbortSignal): Promise<AccountOutcome> {
  const answer = await api.send('GET', '/user', accessToken.reveal(), signal)
  if (answer.status === 401) return { kind: 'dead' }
  const { id, login } = jsonObject(answer.body)
  const known = answer.status === 200 && typeof id === 'number' && Number.isSafeInteger(id) && typeof login === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(login)
  if (!known) throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked whose a token is`)
  return { kind: 'account', account: { id: String(id), name: login } }
}

/** The whole grant, and with it every token made from it; just the one token where others of ours use the same account. */
async function revoke(api: GithubApi, client: GithubClient, { accessToken }: ConnectionTokens, shared: boolean, signal: AbortSignal): Promise<void> {
  if (accessToken === undefined) return
  const answer = await api.sendAsClient(client, 'DELETE', shared ? 'token' : 'grant', signal, { access_token: accessToken.reveal() })
  // 404, 422: a token that GitHub does not know any more.
  if (answer.status === 204 || answer.status === 404 || answer.status === 422) return
  throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked to end an authorisation`)
}

function withQuery(address: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}
