import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { RefreshOutcome } from '../rotation/refresh-outcome.ts'
import { askTokenEndpoint, errorCode, expiryOf, retryAfterMs, scopeList, tokenText, type EndpointAnswer } from '../token-endpoint.ts'
import type { CodeGrant, CodeOutcome, Granted } from '../upstream-oauth.ts'
import type { UpstreamHttp } from '../upstream-http.ts'

/** The Slack app that tokens belong to. */
export interface SlackApp {
  /** `https://slack.com/api/oauth.v2.access`. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
}

/** Of the two kinds of token that one answer can hold, the one that is wanted. */
export type SlackTokenKind = 'bot' | 'user'

const DEAD: ReadonlySet<string> = new Set([
  'invalid_refresh_token', 'invalid_grant', 'token_revoked', 'token_expired', 'account_inactive', 'team_access_not_granted',
])

/** Refused before the refresh token is looked at: the app's settings, or its rate. */
const NOT_PROCESSED: ReadonlySet<string> = new Set([
  'ratelimited', 'rate_limited', 'bad_client_secret', 'invalid_client_id', 'invalid_grant_type', 'oauth_authorization_url_mismatch',
  'access_denied', 'accesslimited', 'method_deprecated', 'invalid_arguments', 'invalid_form_data', 'missing_post_type', 'team_added_to_org',
])

/**
 * Trades a single-use refresh token for its successor. Never retries.
 * @see RFC 6749 section 6; Slack's `oauth.v2.access` with token rotation
 */
export async function refreshAtSlack(
  app: SlackApp, kind: SlackTokenKind, refreshToken: Secret, http: UpstreamHttp, clock: Clock, signal: AbortSignal,
): Promise<RefreshOutcome> {
  const askedAtMs = clock.nowMs()
  const form = { ...clientForm(app), grant_type: 'refresh_token', refresh_token: refreshToken.reveal() }
  return refreshOutcome(await askTokenEndpoint(http, app.tokenUrl, form, {}, signal), kind, askedAtMs)
}

/**
 * Trades a code for a person's token. Slack's PKCE makes an app a public client for good, which one that has a secret is not: the code is bound
 * to that secret and to the redirect URI.
 */
export async function exchangeAtSlack(app: SlackApp, grant: CodeGrant, http: UpstreamHttp, clock: Clock, signal: AbortSignal): Promise<CodeOutcome> {
  const askedAtMs = clock.nowMs()
  const form = { ...clientForm(app), code: grant.code.reveal(), redirect_uri: grant.redirectUri }
  const asked = await askTokenEndpoint(http, app.tokenUrl, form, {}, signal)
  if (asked.kind !== 'answer') return { kind: 'unavailable', reason: 'Slack did not answer' }
  const { answer, fields } = asked
  if (answer.status !== 200 || fields === undefined) return { kind: 'unavailable', reason: `Slack answered with HTTP ${answer.status}` }
  if (fields['ok'] !== true) return { kind: 'refused', reason: errorCode(fields['error']) }
  const granted = grantedIn(fields, 'user', askedAtMs)
  return granted === undefined ? { kind: 'unavailable', reason: 'Slack’s answer lacks a token, or its expiry' } : { kind: 'granted', granted }
}

function clientForm({ clientId, clientSecret }: SlackApp): Readonly<Record<string, string>> {
  return { client_id: clientId, client_secret: clientSecret.reveal() }
}

function refreshOutcome(asked: EndpointAnswer, kind: SlackTokenKind, askedAtMs: number): RefreshOutcome {
  if (asked.kind === 'not_sent') return { kind: 'not_processed', reason: 'Slack could not be reached', retryAfterMs: undefined }
  if (asked.kind === 'no_answer') return { kind: 'unknown', reason: 'Slack did not answer' }
  const { answer, fields } = asked
  if (answer.status === 429) return { kind: 'not_processed', reason: 'ratelimited', retryAfterMs: retryAfterMs(answer) }
  if (answer.status !== 200 || fields === undefined) return { kind: 'unknown', reason: `Slack answered with HTTP ${answer.status} and no result` }
  if (fields['ok'] !== true) return failed(errorCode(fields['error']))
  const granted = grantedIn(fields, kind, askedAtMs)
  const rotates = granted?.tokens.refreshToken !== undefined && granted.tokens.accessExpiresAtMs !== undefined
  return rotates ? { kind: 'rotated', successor: granted } : { kind: 'unknown', reason: 'Slack’s answer lacks a token or its expiry' }
}

function failed(code: string): RefreshOutcome {
  if (DEAD.has(code)) return { kind: 'dead', reason: code }
  if (NOT_PROCESSED.has(code)) return { kind: 'not_processed', reason: code, retryAfterMs: undefined }
  return { kind: 'unknown', reason: code }
}

/** A person's token is nested where it comes with an installation, and stands at the top where it is refreshed alone. */
function grantedIn(fields: Readonly<Record<string, unknown>>, kind: SlackTokenKind, askedAtMs: number): Granted | undefined {
  const nested = fields['authed_user']
  const user = typeof nested === 'object' && nested !== null ? (nested as Readonly<Record<string, unknown>>) : {}
  const holder = kind === 'bot' || 'access_token' in user ? (kind === 'bot' ? fields : user) : fields
  if (typeof holder['token_type'] === 'string' && holder['token_type'] !== kind) return undefined
  const access = tokenText(holder['access_token'])
  const expiresAtMs = expiryOf(holder['expires_in'], askedAtMs)
  const refresh = tokenText(holder['refresh_token'])
  if (access === undefined || expiresAtMs === undefined) return undefined
  return {
    scopes: scopeList(holder['scope']) ?? [],
    tokens: {
      accessToken: new Secret(access),
      accessExpiresAtMs: expiresAtMs === 'none' ? undefined : expiresAtMs,
      refreshToken: refresh === undefined ? undefined : new Secret(refresh),
    },
  }
}
