import { timingSafeEqual } from 'node:crypto'
import { type Authorizations, redirectTo, type AuthorizationRequest } from '../server/authorizations.ts'
import { readAuthorization } from '../server/authorization.ts'
import type { Answer, Call } from '../server/call.ts'
import type { Canaries } from '../server/canaries.ts'
import { consentPage, consentProblem, readConsentAnswer, redirectAs, signedInAt } from '../server/consent-page.ts'
import { emptyReply, jsonReply } from '../server/reply.ts'
import { ACCESS_TOKEN_S, type OauthTokens, type TokenPair } from './oauth-tokens.ts'

/** The tracker's own OAuth 2 server: PKCE is required, `iss` is in its answers (RFC 9207), tokens can be ended (RFC 7009). */
export interface OauthWorld {
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokens: OauthTokens
  readonly authorizations: Authorizations
  readonly canaries: Canaries
  /** What the next person grants in the place of what was asked. */
  grantsNext: readonly string[] | undefined
  /** What stands in answers in the place of the server's own `iss`; null for none at all. */
  issuer: string | null | undefined
}

const PREFIX = '/oauth/'
const SITE = 'Tickets (demo)'
const LOGINS = ['alice', 'bob'] as const
const SCOPES: ReadonlySet<string> = new Set(['tickets:read', 'comments:create'])

/** Whether the call is for the OAuth server and not for the API. */
export function isOauthCall(call: Call): boolean {
  return call.path.startsWith(PREFIX)
}

export function answerOauth(call: Call, world: OauthWorld): Answer {
  call.note({ operation: `${call.method} ${call.path}` })
  switch (`${call.method} ${call.path}`) {
    case 'GET /oauth/authorize':
      return ask(call, world)
    case 'POST /oauth/authorize':
      return decide(call, world)
    case 'POST /oauth/token':
      return asClient(call, world, (form) => token(form, world))
    case 'POST /oauth/revoke':
      return asClient(call, world, (form) => {
        world.tokens.revoke(form.get('token') ?? '')
        return emptyReply(200)
      })
    default:
      return jsonReply(404, { error: 'not_found' })
  }
}

function ask(call: Call, world: OauthWorld): Answer {
  const { query } = call
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== world.client.id || !URL.canParse(redirectUri)) return consentProblem(SITE, 'There is no such app.')
  const request: AuthorizationRequest = {
    redirectUri,
    state: query.get('state') ?? undefined,
    scopes: (query.get('scope') ?? '').split(' ').filter((scope) => scope !== ''),
    codeChallenge: query.get('code_challenge') ?? undefined,
  }
  const signedIn = signedInAt(call, LOGINS)
  const problem = problemOf(request, query)
  if (problem !== undefined) return redirectAs(signedIn, redirectTo(request, { error: problem, ...issuerOf(call, world) }))
  const ticket = world.authorizations.begin(request)
  return consentPage({ site: SITE, app: 'Postern', scopes: request.scopes, ticket, action: '/oauth/authorize', accounts: LOGINS, signedIn })
}

function problemOf({ codeChallenge, scopes }: AuthorizationRequest, query: URLSearchParams): string | undefined {
  if (query.get('response_type') !== 'code') return 'unsupported_response_type'
  if (codeChallenge === undefined || query.get('code_challenge_method') !== 'S256') return 'invalid_request'
  return scopes.length === 0 || !scopes.every((scope) => SCOPES.has(scope)) ? 'invalid_scope' : undefined
}

function decide(call: Call, world: OauthWorld): Answer {
  const { ticket, login, approved } = readConsentAnswer(call)
  const request = world.authorizations.take(ticket)
  if (request === undefined || !LOGINS.some((one) => one === login)) return consentProblem(SITE, 'This page is over.')
  if (!approved) return redirectAs(login, redirectTo(request, { error: 'access_denied', ...issuerOf(call, world) }))
  const scopes = world.grantsNext ?? request.scopes
  world.grantsNext = undefined
  const code = world.canaries.add(world.authorizations.approve(request, { login, scopes }))
  return redirectAs(login, redirectTo(request, { code, ...issuerOf(call, world) }))
}

function issuerOf(call: Call, { issuer }: OauthWorld): Readonly<Record<string, string>> {
  return issuer === null ? {} : { iss: issuer ?? call.origin }
}

function asClient(call: Call, { client }: OauthWorld, answer: (form: URLSearchParams) => Answer): Answer {
  const form = new URLSearchParams(call.body.toString('utf8'))
  const basic = readAuthorization(call.headers.authorization)
  const [id, secret] = basic?.scheme === 'basic' ? [basic.user, basic.password] : [form.get('client_id') ?? '', form.get('client_secret') ?? '']
  call.note({ credentialPlaces: [basic?.scheme === 'basic' ? 'basic' : 'form'] })
  if (id !== client.id || !sameText(secret, client.secret)) return jsonReply(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="tickets"' })
  call.note({ authenticatedAs: 'client' })
  return answer(form)
}

function token(form: URLSearchParams, world: OauthWorld): Answer {
  switch (form.get('grant_type')) {
    case 'authorization_code': {
      const redeemed = world.authorizations.redeem(form.get('code') ?? '', form.get('redirect_uri') ?? undefined, form.get('code_verifier') ?? undefined)
      return typeof redeemed === 'string' ? invalidGrant() : granted(world.tokens.grant(redeemed.login, redeemed.scopes))
    }
    case 'refresh_token': {
      const refreshed = world.tokens.refresh(form.get('refresh_token') ?? '')
      return refreshed === undefined ? invalidGrant() : granted(refreshed)
    }
    default:
      return jsonReply(400, { error: 'unsupported_grant_type' })
  }
}

function granted({ accessToken, refreshToken, family }: TokenPair): Answer {
  return jsonReply(200, {
    access_token: accessToken, token_type: 'Bearer', expires_in: ACCESS_TOKEN_S, refresh_token: refreshToken, scope: family.scopes.join(' '),
  }, { 'cache-control': 'no-store' })
}

function invalidGrant(): Answer {
  return jsonReply(400, { error: 'invalid_grant' })
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
