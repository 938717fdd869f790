import type { Answer } from '../server/call.ts'
import { isJsonObject, type JsonObject } from '../server/json-body.ts'
import type { Installation } from './app-registration.ts'
import { includesPermissions, permissionAccess, type Permissions } from './permissions.ts'
import { failure } from './replies.ts'
import { repositoriesOf, type GithubWorld } from './world.ts'

const MAX_REPOSITORIES = 500

/** What a new token shall be good for. */
export interface Narrowing {
  readonly repositoryIds: readonly number[]
  readonly permissions: Permissions
  /** Whether the request named repositories; the answer then lists them. */
  readonly named: boolean
}

/**
 * Reads the body of a token request. An absent or empty list narrows nothing, as at GitHub.
 * @returns the answer 422 where it names what the installation has not
 */
export function readNarrowing(
  body: JsonObject,
  installation: Installation,
  world: GithubWorld,
): Narrowing | { readonly refused: Answer } {
  const repositoryIds = narrowRepositories(body, installation, world)
  if (repositoryIds === 'malformed') return { refused: failure(422, 'Invalid request.') }
  if (repositoryIds === 'unknown') {
    return { refused: failure(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.') }
  }
  const permissions = narrowPermissions(body['permissions'], installation)
  if (permissions === 'malformed') return { refused: failure(422, 'Invalid request.') }
  if (permissions === 'beyond') return { refused: failure(422, 'The permissions requested are not granted to this installation.') }
  return { repositoryIds: repositoryIds ?? installation.repositoryIds, permissions, named: repositoryIds !== undefined }
}

function narrowRepositories(
  body: JsonObject,
  installation: Pick<Installation, 'repositoryIds'>,
  world: GithubWorld,
): readonly number[] | 'malformed' | 'unknown' | undefined {
  const names = body['repositories'] ?? []
  const ids = body['repository_ids'] ?? []
  if (!Array.isArray(names) || !Array.isArray(ids)) return 'malformed'
  if (names.length + ids.length > MAX_REPOSITORIES) return 'malformed'
  if (names.length + ids.length === 0) return undefined
  const accessible = repositoriesOf(world, installation.repositoryIds)
  const found = [
    ...names.map((name: unknown) => accessible.find((one) => typeof name === 'string' && one.name.toLowerCase() === name.toLowerCase())),
    ...ids.map((id: unknown) => accessible.find((one) => one.id === id)),
  ]
  const known = found.filter((one) => one !== undefined)
  return known.length === found.length ? [...new Set(known.map((one) => one.id))] : 'unknown'
}

function narrowPermissions(asked: unknown, installation: Installation): Permissions | 'malformed' | 'beyond' {
  if (asked === undefined || asked === null) return installation.permissions
  if (!isJsonObject(asked)) return 'malformed'
  const entries = Object.entries(asked).map(([name, value]) => [name, permissionAccess(value)] as const)
  if (entries.length === 0) return installation.permissions
  const permissions: Record<string, 'read' | 'write' | 'admin'> = {}
  for (const [name, access] of entries) {
    if (access === undefined) return 'malformed'
    permissions[name] = access
  }
  return includesPermissions({ ...installation.permissions, metadata: 'read' }, permissions) ? permissions : 'beyond'
}
