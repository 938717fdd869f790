import type { Permissions, PermissionAccess } from './permissions.ts'

/** What somebody is in a repository. */
export type Role = 'pull' | 'push' | 'admin'

const ROLES: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  'alice-chen': {
    'acme-corp/backend': 'admin', 'acme-corp/frontend': 'push', 'acme-corp/prod-payments': 'push', 'acme-corp/handbook': 'push', 'alice-chen/dotfiles': 'admin',
  },
  // Not in prod-payments: nobody can lend an agent what they do not have.
  'bob-diaz': { 'acme-corp/backend': 'push', 'acme-corp/frontend': 'push', 'acme-corp/handbook': 'pull', 'other-org/secret': 'pull' },
}

const ACCESS: Readonly<Record<Role, PermissionAccess>> = { pull: 'read', push: 'write', admin: 'admin' }
const RANK: Readonly<Record<PermissionAccess, number>> = { read: 1, write: 2, admin: 3 }

/** The people who sign in here. */
export const LOGINS: readonly string[] = Object.keys(ROLES)

/** Undefined where the repository does not exist for them. */
export function roleOf(login: string, repository: string): Role | undefined {
  return ROLES[login]?.[repository]
}

/** Of what an app may, what a person with this role may too: a user token is never more than both. */
export function permissionsOfRole(role: Role, held: Permissions): Permissions {
  const most = ACCESS[role]
  return Object.fromEntries(Object.entries(held).map(([name, access]) => [name, RANK[access] <= RANK[most] ? access : most]))
}

/** As a repository shows them to who asks. */
export function rolePermissions(role: Role): Readonly<Record<string, boolean>> {
  return { admin: role === 'admin', maintain: role === 'admin', push: role !== 'pull', triage: role !== 'pull', pull: true }
}
