import type { Access } from '../../model/operation.ts'
import type { OperationFacts } from '../integration.ts'
import type { ScopeWords } from '../scope-words.ts'

const RANK: Readonly<Record<Access, number>> = { read: 0, write: 1, admin: 2 }
const LEVELED = /^(.+):(read|write|admin)$/
const VERBS: Readonly<Record<Access, string>> = { read: 'Read', write: 'Read and change', admin: 'Administer' }
/** More would bury what counts. */
const MOST_POWERS = 8

/**
 * The words of an upstream that the configuration describes: it has none of its own but the names of its scopes and routes, so a scope is
 * told by its name and by what may be called with it.
 * @param name the integration's in the configuration
 */
export function routesScopeWords(name: string, operations: readonly OperationFacts[]): ScopeWords {
  const changing = operations.filter((operation) => operation.access !== 'read')
  return {
    title: name,
    can: (scope) => told(scope, name, operations),
    access: (scope) => leveled(scope)?.access ?? highest(neededBy(scope, operations)),
    targets: { one: 'target', many: 'targets', everything: `everything that ${name} has` },
    powers: changing.slice(0, MOST_POWERS).map((operation) => ({ words: `call ${operation.name}`, operations: [operation.name] })),
  }
}

function told(scope: string, name: string, operations: readonly OperationFacts[]): string {
  const level = leveled(scope)
  if (level !== undefined) return `${VERBS[level.access]} ${level.permission} in ${name}`
  const calls = neededBy(scope, operations).map((operation) => operation.name)
  return calls.length === 0 || calls.length > 2 ? `Use the permission ${scope} in ${name}` : `Call ${calls.join(' and ')}`
}

function neededBy(scope: string, operations: readonly OperationFacts[]): readonly OperationFacts[] {
  return operations.filter(({ alternatives }) => alternatives.some((alternative) => alternative.includes(scope)))
}

/** What nothing is known of is told as the gravest. */
function highest(operations: readonly OperationFacts[]): Access {
  if (operations.length === 0) return 'admin'
  return operations.reduce<Access>((most, { access }) => (RANK[access] > RANK[most] ? access : most), 'read')
}

function leveled(scope: string): { readonly permission: string; readonly access: Access } | undefined {
  const match = LEVELED.exec(scope)
  return match === null ? undefined : { permission: match[1] as string, access: match[2] as Access }
}
