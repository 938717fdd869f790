import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { Fault } from '../../model/denial.ts'
import type { Origin } from '../integration.ts'
import { jsonFields } from '../token-endpoint.ts'
import type { AccountOutcome, AuthorizeWish, UpstreamOauth } from '../upstream-oauth.ts'
import type { UpstreamHttp } from '../upstream-http.ts'
import { exchangeAtSlack, refreshAtSlack } from './slack-app.ts'
import { slackUrl } from './slack-url.ts'

/** The app by which people connect their Slack accounts. */
export interface SlackUserOauthOptions {
  readonly api: Origin
  readonly clientId: string
  readonly clientSecret: Secret
  /** `user_scope`: what people are asked for. */
  readonly userScopes: readonly string[]
  readonly http: UpstreamHttp
  readonly clock: Clock
}

/** A token that Slack says any of these of is good for nothing any more. */
const ENDED: ReadonlySet<string> = new Set(['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive', 'not_authed', 'user_removed_from_team'])

/** How people connect their own Slack accounts, beside the bot: user tokens, with rotation or without. */
export function slackUserOauth(options: SlackUserOauthOptions): UpstreamOauth {
  const { api, http, clock, clientId, clientSecret, userScopes } = options
  const app = { tokenUrl: slackUrl(api, '/api/oauth.v2.access'), clientId, clientSecret }
  return {
    title: 'Slack',
    scopes: userScopes,
    issuer: undefined,
    authorizeOrigin: new URL(slackUrl(api, '/')).origin,
    authorizeUrl: (wish) => authorizeUrl(options, wish),
    installUrl: undefined,
    exchange: (grant, signal) => exchangeAtSlack(app, grant, http, clock, signal),
    refresh: (refreshToken, signal) => refreshAtSlack(app, 'user', refreshToken, http, clock, signal),
    account: async (accessToken, signal) => accountIn(await callAsPerson(options, 'auth.test', accessToken, signal)),
    revoke: async ({ accessToken }, shared, signal) => {
      // Without rotation Slack gives one and the same token each time that a person approves the app.
      if (shared) throw new Fault('credential_unavailable', 'another connection uses the same Slack account')
      if (accessToken !== undefined) requireEnded(await callAsPerson(options, 'auth.revoke', accessToken, signal))
    },
  }
}

function authorizeUrl({ api, clientId, userScopes }: SlackUserOauthOptions, { redirectUri, state }: AuthorizeWish): string {
  const url = new URL(slackUrl(api, '/oauth/v2/authorize'))
  const query = { client_id: clientId, user_scope: userScopes.join(','), redirect_uri: redirectUri, state }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

type Fields = Readonly<Record<string, unknown>>

async function callAsPerson({ api, http }: SlackUserOauthOptions, method: string, token: Secret, signal: AbortSignal): Promise<Fields> {
  const headers = { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await http({ method: 'POST', url: slackUrl(api, `/api/${method}`), headers, body: '' }, signal)
  const fields = answer.status === 200 ? jsonFields(answer.body) : undefined
  if (fields === undefined) throw new Fault('credential_unavailable', `Slack answered ${method} with HTTP ${answer.status}`)
  return fields
}

function accountIn(fields: Fields): AccountOutcome {
  if (fields['ok'] !== true) {
    if (ENDED.has(String(fields['error']))) return { kind: 'dead' }
    throw new Fault('credential_unavailable', 'Slack does not say whose token it is')
  }
  const { team_id: team, user_id: user, team: teamName, user: userName } = fields
  if (typeof team !== 'string' || typeof user !== 'string') throw new Fault('credential_unavailable', 'Slack does not say whose token it is')
  const name = typeof userName === 'string' && typeof teamName === 'string' ? `${userName} (${teamName})` : `${user} (${team})`
  return { kind: 'account', account: { id: `${team}/${user}`, name: name.slice(0, 128) } }
}

function requireEnded(fields: Fields): void {
  if (fields['ok'] === true && fields['revoked'] === true) return
  if (ENDED.has(String(fields['error']))) return
  throw new Fault('credential_unavailable', 'Slack did not end the token')
}
