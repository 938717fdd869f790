import { isDenial, type Denial } from '../../../model/denial.ts'
import type { Operation, Targets } from '../../../model/operation.ts'
import { unresolved } from '../path-targets.ts'
import { commitFilesAlternatives } from './commit-files.ts'
import type { GraphqlDocument } from './document.ts'
import { judgeBelow, unknownField } from './judge.ts'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { alternativesOf } from './needs.ts'
import { mutationName } from './operation-name.ts'
import { refused } from './refused.ts'
import type { Need } from './shape.ts'
import { repositoryNamed } from './targets.ts'
import { argumentValue, type VariableValues } from './values.ts'
import { Walk, type SelectedField } from './walk.ts'

/**
 * What a document's mutation is. One mutation of one name, as often as it stands there: then its name tells all that is done.
 * @param confinedTo the repository that the client wants its token confined to; undefined where it says none
 */
export function mutationOperation(
  { operation, fragments }: GraphqlDocument, variables: VariableValues, confinedTo: string | undefined,
): Omit<Operation, 'integration'> | Denial {
  const walk = new Walk(fragments)
  const roots = walk.rootFields(operation.selectionSet.selections)
  if (isDenial(roots)) return roots
  const names = new Set(roots.map(({ field }) => field.name.value))
  const [name = ''] = names
  if (names.size !== 1) return refused('several mutations in one document: send each by itself')
  const mutation = MUTATIONS.get(name)
  if (mutation === undefined) return unknownField({ type: 'Mutation' }, name)
  const needs = payloadNeeds(walk, roots, mutation)
  if (isDenial(needs)) return needs
  const inputs = roots.map(({ field }) => argumentValue(field, 'input', variables))
  return {
    name: mutationName(name), access: 'write', targets: targetsOf(name, inputs, confinedTo), parameters: {}, counterparts: [mutation.rest],
    alternatives: alternativesWith(name === COMMIT ? mostOf(inputs) : mutation.alternatives, needs),
  }
}

const COMMIT = 'createCommitOnBranch'

function payloadNeeds(walk: Walk, roots: readonly SelectedField[], { payload }: Mutation): ReadonlySet<Need> | Denial {
  const needs = new Set<Need>()
  for (const { field } of roots) {
    const problem = judgeBelow(walk, field, payload, 1, needs)
    if (problem !== undefined) return problem
  }
  return needs
}

/** The most that one of the commits takes. */
function mostOf(inputs: readonly unknown[]): Mutation['alternatives'] {
  const each = inputs.map(commitFilesAlternatives)
  return each.find((alternatives) => alternatives.some((scopes) => scopes.includes('workflows:write'))) ?? each[0] ?? []
}

/** Each alternative with what the answer shows besides. */
function alternativesWith(alternatives: Mutation['alternatives'], needs: ReadonlySet<Need>): Mutation['alternatives'] {
  const all = alternatives.flatMap((scopes) => alternativesOf(new Set([...scopes, ...needs])))
  return [...new Map(all.map((scopes) => [scopes.join(' '), scopes])).values()]
}

/**
 * Mutations name what they act on by ids that say nothing. Where the client names the repository, the token is good for no other, whatever the
 * ids are of: then that is what can be acted on.
 */
function targetsOf(name: string, inputs: readonly unknown[], confinedTo: string | undefined): Targets {
  const named = name === COMMIT ? inputs.map(branchRepository) : []
  const known = named.filter((one) => one !== undefined)
  if (named.length > 0 && known.length === named.length) return { kind: 'named', names: [...new Set(known)] }
  return confinedTo === undefined ? unresolved('what it acts on is told by ids alone, and the request names no Postern-Target') : { kind: 'named', names: [confinedTo] }
}

/** Of `CommittableBranch`: the repository by its name, and no id beside it. */
function branchRepository(input: unknown): string | undefined {
  const { branch } = recordOf(input)
  const { id, repositoryNameWithOwner } = recordOf(branch)
  return id === undefined || id === null ? repositoryNamed(repositoryNameWithOwner) : undefined
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}
