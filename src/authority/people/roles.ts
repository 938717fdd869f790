import type { Clock } from '../../lib/clock.ts'
import type { PersonId } from '../../model/ids.ts'
import type { Approvals } from '../../store/ports/approvals.ts'
import type { Person } from '../../store/ports/people.ts'
import type { Role, Roles } from './contract.ts'

/** Who has a role: by a group of the identity provider's, or by name. */
export interface RoleMembers {
  readonly groups: readonly string[]
  readonly people: readonly PersonId[]
}

export interface RolesDependencies {
  /** Of the configuration in force. */
  readonly members: () => { readonly operator: RoleMembers; readonly auditor: RoleMembers }
  readonly approvals: Pick<Approvals, 'list'>
  readonly clock: Clock
}

/** More running ones than this of one person are a defect; what lies beyond is not lent. */
const MOST_LENT = 50

/** Roles of configuration, and `operator` lent by a running break-glass approval. Asked at each request: nothing outlives what it rests on. */
export function createRoles({ members, approvals, clock }: RolesDependencies): Roles {
  return {
    async of(person) {
      const { operator, auditor } = members()
      const byConfiguration = isOneOf(person, operator)
      const breakGlass = !byConfiguration && await isLent(person.id)
      const roles: Role[] = ['person']
      if (byConfiguration || breakGlass) roles.push('operator')
      if (isOneOf(person, auditor)) roles.push('auditor')
      return { roles, breakGlass }
    },
  }

  async function isLent(person: PersonId): Promise<boolean> {
    const { items } = await approvals.list({ kind: 'break_glass', person, state: 'approved' }, { limit: MOST_LENT })
    return items.some(({ answeredBy, validUntilMs }) =>
      // Lending oneself a role is never an approval, whatever the store holds.
      validUntilMs !== undefined && validUntilMs > clock.nowMs() && answeredBy !== undefined && answeredBy !== person)
  }
}

function isOneOf(person: Person, { groups, people }: RoleMembers): boolean {
  return people.includes(person.id) || groups.some((group) => person.groups.includes(group))
}
