import type { ConnectionId } from '../../model/ids.ts'
import type { DelegatedAccess } from '../../store/ports/delegations.ts'

/** What a delegation token can say (`authorization_details`), and a reader still take in. */
const MAX_ENTRIES = 64
const MAX_ITEMS = 256

/**
 * What stands approved once more was approved: the sum, and nothing besides. Scopes of one approval are not joined with the targets of
 * another: entries are merged only where that means the same. A delegation has one connection for each integration: what was approved with
 * another account than the one that is chosen now is not approved any more, since nobody said that it may be done with this one. Pure.
 * @returns undefined where it would be more than a token can say
 */
export function widenedAccess(standing: readonly DelegatedAccess[], more: readonly DelegatedAccess[]): readonly DelegatedAccess[] | undefined {
  const chosen = connectionsOf(more)
  const bound = connectionsOf(standing)
  const widened: DelegatedAccess[] = []
  const kept = standing.filter(({ integration, connection }) => connection === undefined || (chosen.get(integration) ?? connection) === connection)
  for (const access of [...kept, ...more]) {
    join(widened, { ...access, connection: chosen.get(access.integration) ?? bound.get(access.integration) })
  }
  return isSayable(widened) ? widened : undefined
}

/** Whether a token can say it. Pure. */
export function isSayable(access: readonly DelegatedAccess[]): boolean {
  return access.length <= MAX_ENTRIES && access.every(({ scopes, targets }) => scopes.length <= MAX_ITEMS && targets.length <= MAX_ITEMS)
}

function connectionsOf(access: readonly DelegatedAccess[]): ReadonlyMap<string, ConnectionId> {
  return new Map(access.flatMap(({ integration, connection }) => (connection === undefined ? [] : [[integration, connection] as const])))
}

function join(widened: DelegatedAccess[], access: DelegatedAccess): void {
  const at = widened.findIndex((one) => one.integration === access.integration && (sameSet(one.targets, access.targets) || sameSet(one.scopes, access.scopes)))
  const known = widened[at]
  if (known === undefined) return void widened.push(access)
  // One of the two is the same in both, so that the product of the sums is the sum of the products.
  widened[at] = { ...known, scopes: union(known.scopes, access.scopes), targets: union(known.targets, access.targets) }
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])]
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const members = new Set(one)
  return members.size === new Set(other).size && other.every((member) => members.has(member))
}
