import type { Denial } from '../../model/denial.ts'
import { deny } from '../../model/denial.ts'
import type { Targets } from '../../model/operation.ts'

type Parameters = Readonly<Record<string, string>>

const NO_TARGET: Targets = { kind: 'none' }
const ACCOUNT = /^[A-Za-z0-9_-]+$/
/** Paths whose subject stands in the query, or is everything that the caller may see. */
const UNRESOLVED_PATHS = /^\/(?:search\/|repositories$|user\/installations\/)/
/** Parameters that name something by a number: the account it belongs to cannot be told. */
const BY_NUMBER = ['repository_id', 'team_id', 'enterprise'] as const

/**
 * What an operation acts on as far as its path tells: `owner/repo`, an organisation or account as one segment, both, or none.
 * Lower case, since GitHub folds case.
 * @returns the targets, or the denial `path_refused` for a repository that GitHub would read under another name
 */
export function pathTargets(path: string, parameters: Parameters): Targets | Denial {
  if (UNRESOLVED_PATHS.test(path)) return unresolved('the query or the caller, not the path, says which repositories')
  const numbered = BY_NUMBER.find((name) => parameters[name] !== undefined)
  if (numbered !== undefined) return unresolved(`{${numbered}} cannot be resolved to an owner`)
  const repositories = namedRepositories(parameters)
  if (repositories.some((name) => name.endsWith('.git'))) return deny('path_refused', 'a repository name with the ending .git')
  const account = namedAccount(path, parameters)
  if (typeof account === 'object') return account
  const names = account === undefined ? repositories : [account, ...repositories]
  return names.length === 0 ? NO_TARGET : { kind: 'named', names }
}

/** Targets that are there and cannot be told. */
export function unresolved(reason: string): Targets {
  return { kind: 'unresolved', reason }
}

function namedRepositories(parameters: Parameters): readonly string[] {
  return ([['owner', 'repo'], ['template_owner', 'template_repo'], ['repo_owner', 'repo_name']] as const).flatMap(([owner, repo]) => {
    const [ownerName, repoName] = [parameters[owner], parameters[repo]]
    return ownerName === undefined || repoName === undefined ? [] : [`${ownerName}/${repoName}`.toLowerCase()]
  })
}

function namedAccount(path: string, parameters: Parameters): string | Targets | undefined {
  const account = parameters['org'] ?? (path.startsWith('/users/{username}') ? parameters['username'] : undefined)
  if (account === undefined) return undefined
  if (path.startsWith('/organizations/') && /^[0-9]+$/.test(account)) return unresolved('an organisation by its number')
  return ACCOUNT.test(account) ? account.toLowerCase() : unresolved('an account that is no plain name')
}
