import type { Denial } from '../../model/denial.ts'
import { deny } from '../../model/denial.ts'
import type { Access } from '../../model/operation.ts'
import type { CredentialOrder } from '../issuer.ts'
import { makesItsSecondTarget } from './body-targets.ts'
import { ENDPOINTS } from './endpoint.ts'
import { includesAccess, parseScope } from './vocabulary.ts'

/** The token that an order comes down to. */
export interface CredentialPlan {
  /** Lower case; undefined where the operation concerns no account, and any installation serves. */
  readonly owner: string | undefined
  /** Names without owner, sorted; none only where nothing of a repository's can be done with the permissions. */
  readonly repositories: readonly string[]
  /** Never empty: GitHub would read that as everything. Sorted by name. */
  readonly permissions: ReadonlyMap<string, Access>
  readonly narrowedBy: 'upstream' | 'proxy'
}

const MAX_REPOSITORIES = 50
const ORGANISATION_PERMISSION = /^(?:organization_|org_)|^(?:members|issue_types|issue_fields)$/

/**
 * Works out the narrowest installation token for an order. Pure.
 * @returns the plan, or why no such token can be narrow enough
 */
export function planCredential(order: CredentialOrder): CredentialPlan | Denial {
  if (order.authority !== 'organisation') {
    return deny('authority_insufficient', 'a GitHub App acts by the organisation’s authority, not the person’s', {
      hint: 'An organisation rule that matches this request has to lend `authority: organisation`.',
    })
  }
  if (ENDPOINTS.get(order.operation)?.installationToken === false) {
    return deny('credential_refused', 'GitHub accepts no installation token for this operation', {
      hint: 'GitHub lets only people call this, not apps.',
    })
  }
  return planNeeds(order)
}

/** Works out the narrowest token of the person's own for an order. Pure. */
export function planForPerson(order: CredentialOrder): CredentialPlan | Denial {
  if (ENDPOINTS.get(order.operation)?.userToken === false) {
    return deny('credential_refused', 'GitHub accepts no token of a person’s for this operation', { hint: 'GitHub lets only apps call this, not people.' })
  }
  return planNeeds(order)
}

function planNeeds(order: CredentialOrder): CredentialPlan | Denial {
  const permissions = permissionsOf(order.scopes)
  if (permissions === undefined) return deny('credential_refused', 'a decided scope is no permission of GitHub’s')
  return planTargets(order, permissions)
}

function planTargets(order: CredentialOrder, permissions: ReadonlyMap<string, Access>): CredentialPlan | Denial {
  const { targets } = order
  if (targets.kind === 'unresolved') return refused('the target is not resolved', 'Name the repository by owner and name.')
  const names = targets.kind === 'none' ? [] : targets.names
  const owners = new Set(names.map((name) => name.split('/', 1)[0] ?? ''))
  if (owners.size > 1) return refused('targets of several owners', 'A token reaches the repositories of one owner only.')
  const [owner] = owners
  const repositories = repositoriesOf(order.operation, names)
  if (repositories.length > MAX_REPOSITORIES) return refused('too many repositories', `At most ${MAX_REPOSITORIES} repositories at once.`)
  if (permissions.size === 0 && repositories.length === 0) return NO_PERMISSION_NEEDED
  if (repositories.length === 0) return planWithoutRepository(owner, permissions)
  return { owner, repositories, permissions: orMetadata(permissions), narrowedBy: 'upstream' }
}

/** GitHub has no token without any permission: `metadata: read`, which every token has, is the least; the proxy sends it to this call alone. */
const NO_PERMISSION_NEEDED: CredentialPlan = {
  owner: undefined,
  repositories: [],
  permissions: new Map([['metadata', 'read']]),
  narrowedBy: 'proxy',
}

/** Without a list of repositories a token is good for all of them. */
function planWithoutRepository(owner: string | undefined, permissions: ReadonlyMap<string, Access>): CredentialPlan | Denial {
  if (owner === undefined) return refused('scopes without a target', 'This operation names no repository or organisation.')
  const wide = [...permissions.keys()].filter((name) => name !== 'metadata' && !ORGANISATION_PERMISSION.test(name))
  if (wide.length === 0) return { owner, repositories: [], permissions, narrowedBy: 'upstream' }
  return refused('a repository permission without a repository', `A token with ${wide.join(', ')} for no one repository would reach all of them.`)
}

function repositoriesOf(operation: string, names: readonly string[]): readonly string[] {
  const existing = makesItsSecondTarget(operation) ? names.slice(0, 1) : names
  return existing.flatMap((name) => name.split('/').slice(1)).toSorted()
}

/** @returns undefined where a scope cannot be read */
function permissionsOf(scopes: readonly string[]): ReadonlyMap<string, Access> | undefined {
  const permissions = new Map<string, Access>()
  for (const scope of scopes.toSorted()) {
    const permission = parseScope(scope)
    if (permission === undefined) return undefined
    const there = permissions.get(permission.name)
    if (there === undefined || includesAccess(permission.access, there)) permissions.set(permission.name, permission.access)
  }
  return permissions
}

function orMetadata(permissions: ReadonlyMap<string, Access>): ReadonlyMap<string, Access> {
  return permissions.size === 0 ? NO_PERMISSION_NEEDED.permissions : permissions
}

function refused(detail: string, hint: string): Denial {
  return deny('credential_refused', detail, { hint })
}
