import type { Placement } from '../../model/credential.ts'
import { isGitOperation } from './git/git-operations.ts'

const API: Placement = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' }
/** Git's host takes a token as a password alone; the user name tells GitHub that it is one. */
const GIT: Placement = { in: 'basic', username: 'x-access-token' }

/** Where GitHub wants its token for this operation: one form for the API, another for git. */
export function placementFor(operation: string): Placement {
  return isGitOperation(operation) ? GIT : API
}
