import { redirectTo, type AuthorizationRequest } from '../server/authorizations.ts'
import type { Answer, Call } from '../server/call.ts'
import { consentPage, consentProblem, readConsentAnswer, redirectAs, signedInAt } from '../server/consent-page.ts'
import type { SlackWorld } from './method.ts'

const PATH = '/oauth/v2/authorize'
const SITE = 'Slack (demo)'

/** Whether the call is for the consent page. */
export function isAuthorizeCall(call: Call): boolean {
  return call.path === PATH
}

/** The page on which a person of the workspace lets an app act for them. */
export function answerAuthorize(call: Call, world: SlackWorld): Answer {
  call.note({ operation: `${call.method} ${PATH}` })
  return call.method === 'POST' ? decide(call, world) : ask(call, world)
}

function ask(call: Call, world: SlackWorld): Answer {
  const { query } = call
  if (query.get('client_id') !== world.client.id) return consentProblem(SITE, 'invalid_client_id')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!URL.canParse(redirectUri) || !redirectUri.startsWith('https://') && !isLoopback(redirectUri)) return consentProblem(SITE, 'redirect_uri did not match any configured URIs')
  const scopes = (query.get('user_scope') ?? '').split(/[ ,]+/).filter((scope) => scope !== '')
  if (scopes.length === 0) return consentProblem(SITE, 'no_scopes')
  const request: AuthorizationRequest = { redirectUri, state: query.get('state') ?? undefined, scopes, codeChallenge: undefined }
  const accounts = loginsOf(world)
  const ticket = world.authorizations.begin(request)
  return consentPage({ site: SITE, app: 'Postern', scopes, ticket, action: PATH, accounts, signedIn: signedInAt(call, accounts) })
}

function decide(call: Call, world: SlackWorld): Answer {
  const { ticket, login, approved } = readConsentAnswer(call)
  const request = world.authorizations.take(ticket)
  if (request === undefined || !loginsOf(world).includes(login)) return consentProblem(SITE, 'This page is over.')
  if (!approved) return redirectAs(login, redirectTo(request, { error: 'access_denied' }))
  const scopes = world.grantsNext ?? request.scopes
  world.grantsNext = undefined
  return redirectAs(login, redirectTo(request, { code: world.canaries.add(world.authorizations.approve(request, { login, scopes })) }))
}

function loginsOf({ workspace }: SlackWorld): readonly string[] {
  return workspace.members.filter(({ isBot }) => !isBot).map(({ name }) => name)
}

function isLoopback(uri: string): boolean {
  const { hostname } = new URL(uri)
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1'
}
