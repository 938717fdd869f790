import { timingSafeEqual } from 'node:crypto'
import { readAuthorization } from '../server/authorization.ts'
import type { Answer, Call } from '../server/call.ts'
import { parseJsonObject, textOf, type JsonObject } from '../server/json-body.ts'
import { emptyReply, jsonReply } from '../server/reply.ts'
import type { Installation } from './app-registration.ts'
import { readNarrowing } from './narrowing.ts'
import { failure, notFound } from './replies.ts'
import { renderAccount, timestamp } from './render.ts'
import type { UserToken } from './user-tokens.ts'
import { userPermissions, type GithubWorld } from './world.ts'

const PREFIX = '/applications/'

/** Whether the call is the app's own, about one of its users' tokens. */
export function isApplicationCall(call: Call): boolean {
  return call.path.startsWith(PREFIX)
}

/** `/applications/{client_id}/token`, `/token/scoped`, `/grant`: by the app's client id and secret (Basic), about the token in the body. */
export function answerApplication(call: Call, world: GithubWorld): Answer {
  const [clientId, ...rest] = call.path.slice(PREFIX.length).split('/')
  if (!isClient(call, world) || clientId !== world.app.clientId) return failure(401, 'Bad credentials')
  call.note({ authenticatedAs: 'client', credentialPlaces: ['basic'], operation: `${call.method} /applications/{client_id}/${rest.join('/')}` })
  const body = parseJsonObject(call.body)
  if (body === undefined) return failure(400, 'Problems parsing JSON')
  const token = world.users.find(textOf(body, 'access_token') ?? '')
  switch (`${call.method} ${rest.join('/')}`) {
    case 'POST token':
      return token === undefined ? notFound() : jsonReply(200, render(token, call, world))
    case 'POST token/scoped':
      // What is narrowed already cannot be narrowed again.
      return token === undefined || token.scope !== undefined || !world.narrowsUserTokens ? notFound() : narrow(token, body, call, world)
    case 'DELETE token':
      return ended(token, (found) => world.users.revoke(found))
    case 'DELETE grant':
      return ended(token, ({ account }) => world.users.revokeGrant(account))
    default:
      return notFound()
  }
}

function isClient(call: Call, world: GithubWorld): boolean {
  const presented = readAuthorization(call.headers.authorization)
  if (presented?.scheme !== 'basic' || presented.user !== world.app.clientId) return false
  const [given, secret] = [Buffer.from(presented.password), Buffer.from(world.oauth.clientSecret)]
  return given.length === secret.length && timingSafeEqual(given, secret)
}

function ended(token: UserToken | undefined, end: (token: UserToken) => void): Answer {
  if (token === undefined) return notFound()
  end(token)
  return emptyReply(204)
}

function narrow(parent: UserToken, body: JsonObject, call: Call, world: GithubWorld): Answer {
  const target = textOf(body, 'target')?.toLowerCase()
  const installation = world.installations.find(({ account }) => account.login.toLowerCase() === target || account.id === body['target_id'])
  if (installation === undefined) return failure(422, 'The target does not have this app installed.')
  if (installation.suspended) return failure(403, 'This installation has been suspended')
  const narrowing = readNarrowing(body, visibleTo(parent, installation, world), world)
  if ('refused' in narrowing) return narrowing.refused
  const { repositoryIds, permissions } = narrowing
  const token = world.users.narrow(parent, { installation, repositoryIds, permissions })
  return jsonReply(200, render(token, call, world))
}

/** The person's part of the installation: what they do not see does not exist for them. */
function visibleTo(parent: UserToken, installation: Installation, world: GithubWorld): Installation {
  const seen = world.repositories.filter((repository) => userPermissions(world, parent, repository) !== undefined).map(({ id }) => id)
  return { ...installation, repositoryIds: installation.repositoryIds.filter((id) => seen.includes(id)) }
}

function render({ value, account, expiresAtMs, scope }: UserToken, call: Call, world: GithubWorld): object {
  return {
    id: 1,
    url: `${call.origin}/authorizations/1`,
    scopes: [],
    token: value,
    token_last_eight: value.slice(-8),
    app: { name: world.app.name, url: `https://github.com/apps/${world.app.slug}`, client_id: world.app.clientId },
    created_at: timestamp(world.clock.nowMs()),
    updated_at: timestamp(world.clock.nowMs()),
    expires_at: expiresAtMs === undefined ? null : timestamp(expiresAtMs),
    user: renderAccount(account, call.origin),
    ...(scope === undefined ? {} : {
      installation: {
        permissions: scope.permissions,
        repository_selection: 'selected',
        single_file_name: null,
        repositories_url: `${call.origin}/user/repos`,
        account: renderAccount(scope.installation.account, call.origin),
      },
    }),
  }
}
