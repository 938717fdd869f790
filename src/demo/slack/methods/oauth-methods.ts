import { readAuthorization } from '../../server/authorization.ts'
import { slackError, type MethodResult, type MethodVisit, type SlackMethod, type SlackWorld } from '../method.ts'
import { EXPIRES_IN_S, type Rotated, type SlackTokens } from '../tokens.ts'

/** The token endpoints: the client proves itself by its secret, in the form or by Basic (RFC 6749 section 2.3.1). */
export const oauthMethods: readonly SlackMethod[] = [
  { name: 'oauth.v2.access', auth: 'client', answer: (visit) => asClient(visit, access) },
  { name: 'oauth.v2.exchange', auth: 'client', answer: (visit) => asClient(visit, exchange) },
]

function asClient(visit: MethodVisit, answer: (visit: MethodVisit) => MethodResult | 'cut'): MethodResult | 'cut' {
  const presented = readAuthorization(visit.call.headers.authorization)
  const basic = presented?.scheme === 'basic' ? presented : undefined
  visit.call.note({ credentialPlaces: [...(basic === undefined ? [] : ['basic']), ...(visit.values.has('client_secret') ? ['form'] : [])] })
  const id = basic?.user ?? visit.values.get('client_id')
  const secret = basic?.password ?? visit.values.get('client_secret')
  if (id !== visit.world.client.id) return slackError('invalid_client_id')
  if (secret !== visit.world.client.secret) return slackError('bad_client_secret')
  visit.call.note({ authenticatedAs: 'client' })
  return answer(visit)
}

function access(visit: MethodVisit): MethodResult | 'cut' {
  const grantType = visit.values.get('grant_type') ?? 'authorization_code'
  if (grantType === 'authorization_code') return trade(visit)
  if (grantType !== 'refresh_token') return slackError('invalid_grant_type')
  const rotated = visit.world.tokens.rotate(visit.values.get('refresh_token') ?? '')
  if (rotated === undefined) return slackError('invalid_refresh_token')
  if (visit.world.dropsAfterRotation === 0) return renderTokens(rotated, visit)
  visit.world.dropsAfterRotation -= 1
  return 'cut'
}

/** What people grant is nested; nothing stands at the top, since no bot was asked for. */
function trade(visit: MethodVisit): MethodResult {
  const { world, values } = visit
  const redeemed = world.authorizations.redeem(values.get('code') ?? '', values.get('redirect_uri'), values.get('code_verifier'))
  if (redeemed === 'redirect_uri') return slackError('bad_redirect_uri')
  if (typeof redeemed === 'string') return slackError('invalid_code')
  const { workspace, tokens } = world
  const user = workspace.members.find(({ name }) => name === redeemed.login)
  if (user === undefined) return slackError('invalid_code')
  return {
    ok: true,
    app_id: workspace.appId,
    authed_user: { id: user.id, scope: redeemed.scopes.join(','), token_type: 'user', ...userTokens(world, tokens, user.id, redeemed.scopes) },
    team: { id: workspace.team.id, name: workspace.team.name },
    enterprise: null,
    is_enterprise_install: false,
  }
}

function userTokens(world: SlackWorld, tokens: SlackTokens, userId: string, scopes: readonly string[]): object {
  if (!world.rotatesUserTokens) return { access_token: tokens.legacyOf(userId, scopes).value }
  const { access: token, refreshToken } = tokens.install('user', scopes, userId)
  return { access_token: token.value, refresh_token: refreshToken, expires_in: EXPIRES_IN_S }
}

function exchange(visit: MethodVisit): MethodResult {
  const legacy = visit.tokenArgument ?? ''
  const rotated = visit.world.tokens.exchange(legacy)
  return rotated === undefined ? slackError('invalid_token') : renderTokens(rotated, visit)
}

function renderTokens({ access: token, refreshToken }: Rotated, visit: MethodVisit): MethodResult {
  const { workspace } = visit.world
  return {
    ok: true,
    app_id: workspace.appId,
    authed_user: { id: token.userId ?? workspace.installer.id },
    team: { id: workspace.team.id, name: workspace.team.name },
    enterprise: null,
    is_enterprise_install: false,
    scope: token.scopes.join(','),
    token_type: token.kind,
    access_token: token.value,
    refresh_token: refreshToken,
    expires_in: EXPIRES_IN_S,
    ...(token.kind === 'bot' ? { bot_user_id: workspace.botUser.id } : { user_id: token.userId ?? workspace.installer.id }),
  }
}
