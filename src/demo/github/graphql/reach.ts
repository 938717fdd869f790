import { GraphQLError } from 'graphql'
import type { Account, Issue, Repository } from '../model.ts'
import { includesPermissions, type AcceptedPermissions, type Permissions } from '../permissions.ts'
import { nodeId } from '../render.ts'
import { permissionsIn, type Visit } from '../route.ts'
import { appBot } from '../app-registration.ts'

/** A repository that the caller sees, with what its token may there. */
export interface Reached {
  readonly visit: Visit
  readonly repository: Repository
  readonly permissions: Permissions
}

/** @returns undefined for repositories that do not exist for this token */
export function reach(visit: Visit, repository: Repository | undefined): Reached | undefined {
  const { caller, world } = visit
  if (repository === undefined || (caller.kind !== 'installation' && caller.kind !== 'user')) return undefined
  const permissions = permissionsIn(world, caller, repository)
  return permissions === undefined ? undefined : { visit, repository, permissions }
}

/** Ends the field with GitHub's refusal where the token has none of the sets. */
export function demand({ permissions }: Reached, accepted: AcceptedPermissions): void {
  if (!accepted.some((set) => includesPermissions(permissions, set))) throw graphqlFailure('FORBIDDEN', 'Resource not accessible by integration')
}

/** An error with the `type` that GitHub's answers carry. */
export function graphqlFailure(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } })
}

/** Who is named as the author of what is written. */
export function authorOf({ caller, world }: Visit): Account {
  return caller.kind === 'user' ? caller.token.account : appBot(world.app)
}

/** The issue, or the pull request's issue side, of a node id, wherever it lies. */
export function issueByNodeId(visit: Visit, id: string): { readonly reached: Reached; readonly issue: Issue } | undefined {
  for (const repository of visit.world.repositories) {
    const issue = [...repository.issues.values()].find((one) => issueNodeId(repository, one) === id)
    const reached = issue === undefined ? undefined : reach(visit, repository)
    if (issue !== undefined && reached !== undefined) return { reached, issue }
  }
  return undefined
}

export function issueNodeId(repository: Repository, issue: Issue): string {
  const pull = repository.pulls.get(issue.number)
  return pull === undefined ? nodeId('I', issue.id) : nodeId('PR', pull.id)
}

export function noSuchNode(id: string): GraphQLError {
  return graphqlFailure('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`)
}
