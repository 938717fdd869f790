import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { Fault } from '../../model/denial.ts'
import type { ConnectionTokens } from '../../store/ports/connections.ts'
import type { RefreshOutcome } from '../rotation/refresh-outcome.ts'
import { askTokenEndpoint, basicAuthorization, errorCode, expiryOf, retryAfterMs, scopeList, tokenText, type EndpointAnswer } from '../token-endpoint.ts'
import type { AuthorizeWish, CodeGrant, CodeOutcome, UpstreamOauth } from '../upstream-oauth.ts'
import type { UpstreamHttp } from '../upstream-http.ts'

/** An upstream's own OAuth 2 server, as it is configured. */
export interface Oauth2Options {
  /** What people read: `Linear`. */
  readonly title: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** RFC 7009; undefined where it has none. */
  readonly revokeUrl: string | undefined
  /** RFC 9207; required in answers where it is set. */
  readonly issuer: string | undefined
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: Secret | undefined
  readonly clientAuthentication: 'basic' | 'post'
  readonly scopes: readonly string[]
  readonly scopeSeparator: ' ' | ','
  readonly pkce: boolean
  readonly http: UpstreamHttp
  readonly clock: Clock
}

type Fields = Readonly<Record<string, unknown>>

/** Refused before the refresh token is looked at: the client, or what it asked (RFC 6749 section 5.2). */
const NOT_PROCESSED: ReadonlySet<string> = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_request', 'invalid_scope'])

/** How people connect their accounts at any upstream that speaks OAuth 2. @see RFC 6749, RFC 7636, RFC 7009, RFC 9207 */
export function oauth2Upstream(options: Oauth2Options): UpstreamOauth {
  const { title, scopes, issuer, revokeUrl } = options
  return {
    title,
    scopes,
    issuer,
    authorizeOrigin: new URL(options.authorizeUrl).origin,
    authorizeUrl: (wish) => authorizeUrl(options, wish),
    installUrl: undefined,
    exchange: (grant, signal) => exchange(options, grant, signal),
    refresh: (refreshToken, signal) => refresh(options, refreshToken, signal),
    account: () => Promise.resolve({ kind: 'unsaid' }),
    revoke: revokeUrl === undefined ? undefined : (tokens, _shared, signal) => revoke(options, revokeUrl, tokens, signal),
  }
}

function authorizeUrl(options: Oauth2Options, { redirectUri, state, codeChallenge }: AuthorizeWish): string {
  const url = new URL(options.authorizeUrl)
  const query: Record<string, string> = {
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri,
    state,
    ...(options.scopes.length === 0 ? {} : { scope: options.scopes.join(options.scopeSeparator) }),
    ...(options.pkce ? { code_challenge: codeChallenge, code_challenge_method: 'S256' } : {}),
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

async function exchange(options: Oauth2Options, grant: CodeGrant, signal: AbortSignal): Promise<CodeOutcome> {
  const askedAtMs = options.clock.nowMs()
  const asked = await ask(options, options.tokenUrl, {
    grant_type: 'authorization_code',
    code: grant.code.reveal(),
    redirect_uri: grant.redirectUri,
    ...(options.pkce ? { code_verifier: grant.codeVerifier.reveal() } : {}),
  }, signal)
  if (asked.kind !== 'answer') return { kind: 'unavailable', reason: 'the upstream did not answer' }
  const { answer, fields } = asked
  if (fields?.['error'] !== undefined && answer.status < 500) return { kind: 'refused', reason: errorCode(fields['error']) }
  const tokens = answer.status === 200 && fields !== undefined ? tokensIn(fields, askedAtMs) : undefined
  if (tokens === undefined) return { kind: 'unavailable', reason: `the upstream answered with HTTP ${answer.status} and no token` }
  // RFC 6749 section 5.1: what is not said is what was asked for.
  return { kind: 'granted', granted: { tokens, scopes: scopeList(fields?.['scope']) ?? options.scopes } }
}

async function refresh(options: Oauth2Options, refreshToken: Secret, signal: AbortSignal): Promise<RefreshOutcome> {
  const askedAtMs = options.clock.nowMs()
  const asked = await ask(options, options.tokenUrl, { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() }, signal)
  if (asked.kind === 'not_sent') return { kind: 'not_processed', reason: 'the upstream could not be reached', retryAfterMs: undefined }
  if (asked.kind === 'no_answer') return { kind: 'unknown', reason: 'the upstream did not answer' }
  const { answer, fields } = asked
  if (answer.status === 429) return { kind: 'not_processed', reason: 'rate limited', retryAfterMs: retryAfterMs(answer) }
  if (fields?.['error'] !== undefined && answer.status < 500) return failed(errorCode(fields['error']))
  const tokens = answer.status === 200 && fields !== undefined ? tokensIn(fields, askedAtMs) : undefined
  if (tokens === undefined) return { kind: 'unknown', reason: `the upstream answered with HTTP ${answer.status} and no token` }
  // RFC 6749 section 6: without a new one the old refresh token stays good.
  return { kind: 'rotated', successor: { tokens: { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }, scopes: scopeList(fields?.['scope']) } }
}

function failed(code: string): RefreshOutcome {
  if (code === 'invalid_grant') return { kind: 'dead', reason: code }
  if (NOT_PROCESSED.has(code)) return { kind: 'not_processed', reason: code, retryAfterMs: undefined }
  return { kind: 'unknown', reason: code }
}

/** RFC 7009: the refresh token first, since ending it may end the other; a token that is not known is ended. */
async function revoke(options: Oauth2Options, revokeUrl: string, { refreshToken, accessToken }: ConnectionTokens, signal: AbortSignal): Promise<void> {
  const wanted = [[refreshToken, 'refresh_token'], [accessToken, 'access_token']] as const
  for (const [token, hint] of wanted) {
    if (token === undefined) continue
    const asked = await ask(options, revokeUrl, { token: token.reveal(), token_type_hint: hint }, signal)
    if (asked.kind === 'answer' && asked.answer.status === 200) continue
    throw new Fault('credential_unavailable', 'the upstream did not end the authorisation')
  }
}

function ask(options: Oauth2Options, url: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<EndpointAnswer> {
  const { clientId, clientSecret, clientAuthentication, http } = options
  if (clientSecret === undefined) return askTokenEndpoint(http, url, { client_id: clientId, ...form }, {}, signal)
  const secret = clientSecret.reveal()
  if (clientAuthentication === 'basic') return askTokenEndpoint(http, url, form, { authorization: basicAuthorization(clientId, secret) }, signal)
  return askTokenEndpoint(http, url, { client_id: clientId, client_secret: secret, ...form }, {}, signal)
}

/** RFC 6749 section 7.1: a token of a type that is not understood is not used. */
function tokensIn(fields: Fields, askedAtMs: number): ConnectionTokens | undefined {
  const access = tokenText(fields['access_token'])
  const refreshToken = tokenText(fields['refresh_token'])
  const expiresAtMs = expiryOf(fields['expires_in'], askedAtMs)
  const type = fields['token_type']
  if (access === undefined || expiresAtMs === undefined || (type !== undefined && String(type).toLowerCase() !== 'bearer')) return undefined
  return {
    accessToken: new Secret(access),
    accessExpiresAtMs: expiresAtMs === 'none' ? undefined : expiresAtMs,
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
  }
}
