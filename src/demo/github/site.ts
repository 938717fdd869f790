import type { Answer, Call } from '../server/call.ts'
import { redirectTo, type AuthorizationRequest } from '../server/authorizations.ts'
import { consentPage, consentProblem, readConsentAnswer, redirectAs, signedInAt } from '../server/consent-page.ts'
import { jsonReply } from '../server/reply.ts'
import { LOGINS } from './members.ts'
import type { Account } from './model.ts'
import { accounts } from './seed.ts'
import { REFRESH_TOKEN_S, USER_TOKEN_S, type Authorized } from './user-tokens.ts'
import type { GithubWorld } from './world.ts'

const AUTHORIZE = '/login/oauth/authorize'
const TOKEN = '/login/oauth/access_token'
const SITE = 'GitHub (demo)'

/** Whether the call is for the site that people see, not for the API. */
export function isSiteCall(call: Call): boolean {
  return call.path.startsWith('/login/oauth/') || /^\/apps\/[^/]+\/installations\/new$/.test(call.path)
}

/** The consent page, the token endpoint, and the page on which an app is installed. */
export function answerSite(call: Call, world: GithubWorld): Answer {
  call.note({ operation: `${call.method} ${call.path}` })
  if (call.path === TOKEN && call.method === 'POST') return answerToken(call, world)
  if (call.path === AUTHORIZE) return call.method === 'POST' ? decide(call, world) : ask(call, world)
  return install(call, world)
}

function ask(call: Call, world: GithubWorld): Answer {
  const { query } = call
  if (query.get('client_id') !== world.app.clientId) return consentProblem(SITE, 'There is no such app.')
  const redirectUri = query.get('redirect_uri') ?? world.oauth.callbackUrls[0] ?? ''
  const { callbackUrls } = world.oauth
  if (!URL.canParse(redirectUri) || (callbackUrls.length > 0 && !callbackUrls.includes(redirectUri))) {
    return consentProblem(SITE, 'The redirect_uri is not associated with this application.')
  }
  const codeChallenge = query.get('code_challenge') ?? undefined
  const request: AuthorizationRequest = { redirectUri, state: query.get('state') ?? undefined, scopes: [], codeChallenge }
  if (codeChallenge !== undefined && query.get('code_challenge_method') !== 'S256') {
    return redirectAs(signedInAt(call, LOGINS), redirectTo(request, { error: 'invalid_request' }))
  }
  const signedIn = signedInAt(call, LOGINS)
  const account = accountOf(signedIn)
  // Who has authorised the app before is not asked again, unless the app wants it.
  if (query.get('prompt') !== 'select_account' && account !== undefined && world.users.hasGrant(account)) return approve(request, signedIn, world)
  const ticket = world.authorizations.begin(request)
  return consentPage({ site: SITE, app: world.app.name, scopes: Object.keys(world.app.permissions), ticket, action: AUTHORIZE, accounts: LOGINS, signedIn })
}

function decide(call: Call, world: GithubWorld): Answer {
  const { ticket, login, approved } = readConsentAnswer(call)
  const request = world.authorizations.take(ticket)
  if (request === undefined || accountOf(login) === undefined) return consentProblem(SITE, 'This page is over.')
  if (!approved) return redirectAs(login, redirectTo(request, { error: 'access_denied', error_description: 'The user has denied your application access.' }))
  return approve(request, login, world)
}

function approve(request: AuthorizationRequest, login: string, world: GithubWorld): Answer {
  return redirectAs(login, redirectTo(request, { code: world.canaries.add(world.authorizations.approve(request, { login, scopes: [] })) }))
}

/** GitHub answers as a form unless it is asked for JSON, and refuses with 200. */
function answerToken(call: Call, world: GithubWorld): Answer {
  const form = new URLSearchParams(call.body.toString('utf8'))
  const answer = tokenAnswer(form, world)
  if ((call.headers.accept ?? '').includes('application/json')) return jsonReply(200, answer)
  const body = new URLSearchParams(Object.entries(answer).map(([name, value]): [string, string] => [name, String(value)])).toString()
  return { status: 200, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body }
}

function tokenAnswer(form: URLSearchParams, world: GithubWorld): Readonly<Record<string, string | number>> {
  if (form.get('client_id') !== world.app.clientId || form.get('client_secret') !== world.oauth.clientSecret) return problem('incorrect_client_credentials')
  if (form.get('grant_type') === 'refresh_token') {
    const refreshed = world.users.refresh(form.get('refresh_token') ?? '')
    return refreshed === undefined ? problem('bad_refresh_token') : granted(refreshed)
  }
  const redeemed = world.authorizations.redeem(form.get('code') ?? '', form.get('redirect_uri') ?? undefined, form.get('code_verifier') ?? undefined)
  if (redeemed === 'redirect_uri') return problem('redirect_uri_mismatch')
  const account = typeof redeemed === 'string' ? undefined : accountOf(redeemed.login)
  return account === undefined ? problem('bad_verification_code') : granted(world.users.authorize(account))
}

function granted({ token, refreshToken }: Authorized): Readonly<Record<string, string | number>> {
  const rotation = refreshToken === undefined ? {} : { expires_in: USER_TOKEN_S, refresh_token: refreshToken, refresh_token_expires_in: REFRESH_TOKEN_S }
  return { access_token: token.value, ...rotation, token_type: 'bearer', scope: '' }
}

function problem(error: string): Readonly<Record<string, string>> {
  return { error, error_description: 'See the documentation.', error_uri: 'https://docs.github.com/apps' }
}

/** Whoever is here may install the app on every account that has repositories; nothing changes by it. */
function install(call: Call, world: GithubWorld): Answer {
  const setupUrl = world.setupUrl
  if (!call.path.startsWith(`/apps/${world.app.slug}/`) || setupUrl === undefined) return consentProblem(SITE, 'There is no such app, or it has no setup address.')
  const url = new URL(setupUrl)
  url.searchParams.set('installation_id', String(world.installations[0]?.id ?? 0))
  url.searchParams.set('setup_action', 'install')
  const state = call.query.get('state')
  if (state !== null) url.searchParams.set('state', state)
  return redirectAs(signedInAt(call, LOGINS), url.href)
}

function accountOf(login: string): Account | undefined {
  return Object.values(accounts).find((account) => account.type === 'User' && account.login === login)
}
