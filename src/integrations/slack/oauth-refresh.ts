import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { TokenReplacement } from '../../store/ports/connections.ts'
import type { UpstreamHttp, UpstreamResponse } from '../upstream-http.ts'

/** How a refresh ended at Slack. `reason` is for log and audit: Slack's own error code at most. */
export type RefreshOutcome =
  | { readonly kind: 'rotated'; readonly successor: TokenReplacement }
  /** Slack says that the refresh token is no good. */
  | { readonly kind: 'dead'; readonly reason: string }
  /** Slack certainly did not use the refresh token up. */
  | { readonly kind: 'not_processed'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Slack may have used it up: no answer, or one that does not say. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** The Slack app that a refresh token belongs to. */
export interface SlackApp {
  /** `https://slack.com/api/oauth.v2.access`. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
}

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
  app: SlackApp, refreshToken: Secret, http: UpstreamHttp, clock: Clock, signal: AbortSignal,
): Promise<RefreshOutcome> {
  const askedAtMs = clock.nowMs()
  try {
    const answer = await http({ method: 'POST', url: app.tokenUrl, headers: HEADERS, body: formOf(app, refreshToken) }, signal)
    return outcomeOf(answer, askedAtMs)
  } catch (error) {
    return wasNotSent(error)
      ? { kind: 'not_processed', reason: 'Slack could not be reached', retryAfterMs: undefined }
      : { kind: 'unknown', reason: 'Slack did not answer' }
  }
}

/** A hundred years: the store and the audit cannot hold what lies far beyond. */
const MAX_LIFE_S = 3_155_760_000

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

function formOf(app: SlackApp, refreshToken: Secret): string {
  return new URLSearchParams({
    client_id: app.clientId,
    client_secret: app.clientSecret.reveal(),
    grant_type: 'refresh_token',
    refresh_token: refreshToken.reveal(),
  }).toString()
}

/** An `UpstreamHttp` that knows that nothing left says so by `sent: false` on what it throws; without it, something may have. */
function wasNotSent(error: unknown): boolean {
  return error instanceof Error && 'sent' in error && error.sent === false
}

function outcomeOf(answer: UpstreamResponse, askedAtMs: number): RefreshOutcome {
  if (answer.status === 429) return { kind: 'not_processed', reason: 'ratelimited', retryAfterMs: retryAfterMs(answer) }
  const body = objectIn(answer.body)
  if (answer.status !== 200 || body === undefined) return { kind: 'unknown', reason: `Slack answered with HTTP ${answer.status} and no result` }
  if (body['ok'] === true) return rotated(body, askedAtMs)
  return failed(typeof body['error'] === 'string' && /^[a-z_]{1,64}$/.test(body['error']) ? body['error'] : 'no error code')
}

function failed(code: string): RefreshOutcome {
  if (DEAD.has(code)) return { kind: 'dead', reason: code }
  if (NOT_PROCESSED.has(code)) return { kind: 'not_processed', reason: code, retryAfterMs: undefined }
  return { kind: 'unknown', reason: code }
}

function rotated(body: Readonly<Record<string, unknown>>, askedAtMs: number): RefreshOutcome {
  const { access_token: access, refresh_token: refresh, expires_in: expiresIn, scope } = body
  const lives = typeof expiresIn === 'number' && expiresIn > 0 && expiresIn <= MAX_LIFE_S
  if (!isText(access) || !isText(refresh) || !lives) return { kind: 'unknown', reason: 'Slack’s answer lacks a token or its expiry' }
  const tokens = { accessToken: new Secret(access), accessExpiresAtMs: askedAtMs + expiresIn * 1000, refreshToken: new Secret(refresh) }
  const scopes = typeof scope === 'string' ? scope.split(',').map((name) => name.trim()).filter((name) => name !== '') : []
  return { kind: 'rotated', successor: { scopes, tokens } }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function retryAfterMs(answer: UpstreamResponse): number | undefined {
  const seconds = Number(answer.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}
