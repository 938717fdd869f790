import type { Answer, Call } from '../server/call.ts'
import { parseJsonObject, type JsonObject } from '../server/json-body.ts'
import { routePattern, type PathParameters, type RoutePattern } from '../server/route-pattern.ts'
import { NO_APP_JWT } from './app-jwt.ts'
import { badCredentials, type Caller } from './authenticate.ts'
import { appBot } from './app-registration.ts'
import type { InstallationToken } from './installation-tokens.ts'
import type { Account, Repository } from './model.ts'
import { acceptedHeader, includesPermissions, type AcceptedPermissions, type Permissions } from './permissions.ts'
import type { UserToken } from './user-tokens.ts'
import { failure, notFound } from './replies.ts'
import { findRepository, userPermissions, type GithubWorld } from './world.ts'

/** A call on its way to an endpoint. */
export interface Visit {
  readonly call: Call
  readonly world: GithubWorld
  readonly parameters: PathParameters
  readonly caller: Caller
}

/** A call by an installation. */
export interface InstallationVisit extends Visit {
  readonly token: InstallationToken
}

/** A call by a person. */
export interface UserVisit extends Visit {
  readonly token: UserToken
}

/** A call to this repository, with what it may do there. */
export interface RepositoryVisit extends Visit {
  readonly repository: Repository
  readonly permissions: Permissions
  /** Who is named as the author of what is written. */
  readonly author: Account
}

/** One endpoint; its guards are inside `answer`. */
export interface GithubRoute {
  readonly method: string
  readonly pattern: RoutePattern
  answer(visit: Visit): Answer | Promise<Answer>
}

/** An endpoint for everybody. */
export function openRoute(method: string, path: string, answer: (visit: Visit) => Answer): GithubRoute {
  return { method, pattern: routePattern(path), answer }
}

/** An endpoint for the app itself, by its JWT. */
export function appRoute(method: string, path: string, answer: (visit: Visit) => Answer): GithubRoute {
  return {
    method,
    pattern: routePattern(path),
    answer: (visit) => {
      if (visit.caller.kind === 'app') return answer(visit)
      return failure(401, visit.caller.kind === 'bad-jwt' ? visit.caller.problem : NO_APP_JWT)
    },
  }
}

/** An endpoint for a person, by a token of theirs. */
export function userRoute(method: string, path: string, answer: (visit: UserVisit) => Answer): GithubRoute {
  return {
    method,
    pattern: routePattern(path),
    answer: (visit) => {
      if (visit.caller.kind === 'user') return answer({ ...visit, token: visit.caller.token })
      return visit.caller.kind === 'installation' ? failure(403, 'Resource not accessible by integration') : failure(401, 'Requires authentication')
    },
  }
}

/** An endpoint for any token, an installation's or a person's. */
export function tokenRoute(method: string, path: string, answer: (visit: Visit) => Answer | Promise<Answer>): GithubRoute {
  return {
    method,
    pattern: routePattern(path),
    answer: (visit) => {
      if (visit.caller.kind === 'installation' || visit.caller.kind === 'user') return answer(visit)
      return visit.caller.kind === 'anonymous' ? failure(401, 'Requires authentication') : badCredentials()
    },
  }
}

/** An endpoint for any installation token. */
export function installationRoute(method: string, path: string, answer: (visit: InstallationVisit) => Answer | Promise<Answer>): GithubRoute {
  return {
    method,
    pattern: routePattern(path),
    answer: (visit) => {
      if (visit.caller.kind === 'installation') return answer({ ...visit, token: visit.caller.token })
      if (visit.caller.kind === 'user') return failure(403, 'Resource not accessible by integration')
      return visit.caller.kind === 'anonymous' ? failure(401, 'Requires authentication') : badCredentials()
    },
  }
}

/** An endpoint of one repository, its path beginning with `/repos/{owner}/{repo}`: needs the repository and one of the permission sets. */
export function repositoryRoute(
  method: string,
  path: string,
  accepted: AcceptedPermissions,
  answer: (visit: RepositoryVisit) => Answer | Promise<Answer>,
): GithubRoute {
  const guarded = async (visit: RepositoryVisit): Promise<Answer> => {
    if (!mayAny(visit, accepted)) return notAccessible(accepted)
    return withAccepted(await answer(visit), accepted)
  }
  return { method, pattern: routePattern(path), answer: (visit) => enter(visit, guarded) }
}

/** Whether the caller holds one of the sets here. */
export function mayAny(visit: RepositoryVisit, accepted: AcceptedPermissions): boolean {
  return accepted.some((set) => includesPermissions(visit.permissions, set))
}

/** GitHub's answer where the repository is visible and the permission is missing. */
export function notAccessible(accepted: AcceptedPermissions): Answer {
  return failure(403, 'Resource not accessible by integration', { 'x-accepted-github-permissions': acceptedHeader(accepted) })
}

/** The body as an object; an empty one is an empty object. */
export function readBodyObject(call: Call): JsonObject | { readonly refused: Answer } {
  if (call.body.length === 0) return {}
  return parseJsonObject(call.body) ?? { refused: failure(400, 'Problems parsing JSON') }
}

/** Whether reading came to a refusal instead. */
export function isRefused(value: object): value is { readonly refused: Answer } {
  return 'refused' in value && Object.keys(value).length === 1
}

/** Private repositories do not exist for those who may not see them. */
function enter(visit: Visit, answer: (visit: RepositoryVisit) => Promise<Answer>): Answer | Promise<Answer> {
  if (visit.caller.kind === 'anonymous') return notFound()
  if (visit.caller.kind !== 'installation' && visit.caller.kind !== 'user') return badCredentials()
  const { owner = '', repo = '' } = visit.parameters
  const repository = findRepository(visit.world, owner, repo)
  const permissions = repository === undefined ? undefined : permissionsIn(visit.world, visit.caller, repository)
  if (repository === undefined || permissions === undefined) return notFound()
  if (repository.name.toLowerCase() !== repo.toLowerCase()) return moved(visit.call, repository)
  const author = visit.caller.kind === 'user' ? visit.caller.token.account : appBot(visit.world.app)
  return answer({ ...visit, repository, permissions, author })
}

/** What a caller may do in a repository; undefined where it does not exist for them. */
export function permissionsIn(world: GithubWorld, caller: Extract<Caller, { kind: 'installation' | 'user' }>, repository: Repository): Permissions | undefined {
  if (caller.kind === 'user') return userPermissions(world, caller.token, repository)
  return caller.token.repositoryIds.includes(repository.id) ? caller.token.permissions : undefined
}

/** A renamed repository answers at its number; other methods than GET keep their method. */
function moved(call: Call, repository: Repository): Answer {
  const rest = call.path.split('/').slice(4).join('/')
  const url = `${call.origin}/repositories/${repository.id}${rest === '' ? '' : `/${rest}`}`
  const permanent = call.method === 'GET' || call.method === 'HEAD'
  const message = permanent ? 'Moved Permanently' : 'Temporary Redirect'
  return failure(permanent ? 301 : 307, message, { location: url })
}

function withAccepted(answer: Answer, accepted: AcceptedPermissions): Answer {
  if (answer === 'cut') return answer
  return { ...answer, headers: { 'x-accepted-github-permissions': acceptedHeader(accepted), ...answer.headers } }
}
