import type { Clock } from '../../lib/clock.ts'
import type { Canaries } from '../server/canaries.ts'
import type { GitHolds } from './git/git-holds.ts'
import type { GitRepositories } from './git/git-repositories.ts'
import type { AppRegistration, Installation } from './app-registration.ts'
import type { InstallationToken, InstallationTokens } from './installation-tokens.ts'
import type { Repository } from './model.ts'
import type { Permissions } from './permissions.ts'
import type { Authorizations } from '../server/authorizations.ts'
import type { UserToken, UserTokens } from './user-tokens.ts'
import { permissionsOfRole, roleOf } from './members.ts'

/** What the log tells of an installation token: nothing but what it may. */
export interface GithubGrants {
  /** `owner/name`, in the order of the installation. */
  readonly repositories: readonly string[]
  readonly permissions: Permissions
}

/** All there is on this GitHub. */
export interface GithubWorld {
  readonly clock: Clock
  readonly canaries: Canaries
  readonly app: AppRegistration
  readonly installations: readonly Installation[]
  readonly tokens: InstallationTokens
  readonly users: UserTokens
  readonly authorizations: Authorizations
  /** The app's OAuth secret, and where it may send people back to; none for anywhere. */
  readonly oauth: { readonly clientSecret: string; callbackUrls: readonly string[] }
  /** Whether tokens can be narrowed: older Enterprise Servers have no such endpoint. */
  narrowsUserTokens: boolean
  /** Where people come back to after installing the app. */
  setupUrl: string | undefined
  readonly repositories: readonly Repository[]
  /** The same as git serves them. */
  readonly git: GitRepositories
  readonly gitHolds: GitHolds
  /** Requests an hour a token; undefined for no enforcement. */
  readonly rateLimit: number | undefined
  /** A new id, unique among everything. */
  nextId(): number
}

/** `acme-corp/backend` */
export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`
}

/** Finds by present or former name; owner and name compare case-insensitively. */
export function findRepository(world: GithubWorld, owner: string, name: string): Repository | undefined {
  const wanted = { owner: owner.toLowerCase(), name: name.toLowerCase() }
  const ofOwner = world.repositories.filter((repository) => repository.owner.login.toLowerCase() === wanted.owner)
  const present = ofOwner.find((repository) => repository.name.toLowerCase() === wanted.name)
  return present ?? ofOwner.find((repository) => repository.formerNames.includes(wanted.name))
}

/** The repositories of a token or an installation. */
export function repositoriesOf(world: GithubWorld, ids: readonly number[]): readonly Repository[] {
  return world.repositories.filter((repository) => ids.includes(repository.id))
}

/** The grants of a token as the log keeps them. */
export function grantsOf(world: GithubWorld, token: InstallationToken): GithubGrants {
  return { repositories: repositoriesOf(world, token.repositoryIds).map(fullName), permissions: token.permissions }
}

/** What a user's token may in one repository: the app's installation there, the person, and the narrowing, all three. Undefined where it is invisible. */
export function userPermissions(world: GithubWorld, token: UserToken, repository: Repository): Permissions | undefined {
  const { scope, account } = token
  const role = roleOf(account.login, fullName(repository))
  const installation = world.installations.find(({ repositoryIds, suspended }) => !suspended && repositoryIds.includes(repository.id))
  if (role === undefined || installation === undefined) return undefined
  if (scope !== undefined && !scope.repositoryIds.includes(repository.id)) return undefined
  return { ...permissionsOfRole(role, scope?.permissions ?? installation.permissions), metadata: 'read' }
}

/** What a user's token may, as the log keeps it. */
export function userGrants(world: GithubWorld, token: UserToken): GithubGrants {
  const visible = world.repositories.filter((repository) => userPermissions(world, token, repository) !== undefined)
  return { repositories: visible.map(fullName), permissions: token.scope?.permissions ?? world.app.permissions }
}
