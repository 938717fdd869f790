/** How far a permission goes; each includes the ones before it. */
export type PermissionAccess = 'read' | 'write' | 'admin'

/** GitHub's own form: `{ pull_requests: 'read', metadata: 'read' }`. */
export type Permissions = Readonly<Record<string, PermissionAccess>>

/** Any one of these sets suffices; a set needs all it names. */
export type AcceptedPermissions = readonly Permissions[]

const RANK: Readonly<Record<PermissionAccess, number>> = { read: 1, write: 2, admin: 3 }

/** Reads one of the three words. */
export function permissionAccess(value: unknown): PermissionAccess | undefined {
  return value === 'read' || value === 'write' || value === 'admin' ? value : undefined
}

/** Whether all of `needed` is held, at least as far. */
export function includesPermissions(held: Permissions, needed: Permissions): boolean {
  return Object.entries(needed).every(([name, access]) => {
    const has = Object.hasOwn(held, name) ? held[name] : undefined
    return has !== undefined && RANK[has] >= RANK[access]
  })
}

/** The value of `X-Accepted-GitHub-Permissions`: comma is and, semicolon is or. */
export function acceptedHeader(accepted: AcceptedPermissions): string {
  const sets = accepted.map((set) => Object.entries(set).map(([name, access]) => `${name}=${access}`).join(','))
  return sets.join('; ')
}
