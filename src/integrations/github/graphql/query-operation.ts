import type { FieldNode } from 'graphql/language'
import { isDenial, type Denial } from '../../../model/denial.ts'
import type { Operation } from '../../../model/operation.ts'
import { readCounterparts } from './counterparts.ts'
import type { GraphqlDocument } from './document.ts'
import { judgeSelected, unknownField } from './judge.ts'
import { alternativesOf } from './needs.ts'
import { ROOT_QUERIES, type RootQuery } from './queries.ts'
import { queryName } from './operation-name.ts'
import type { Need } from './shape.ts'
import { loginTarget, repositoryTarget, targetsOf } from './targets.ts'
import type { VariableValues } from './values.ts'
import { Walk } from './walk.ts'

type Found = { readonly name: string } | { readonly unclear: string }

/** What a document's query is: everything that its root fields show, and what they act on. Pure; linear in the bounds. */
export function queryOperation({ operation, fragments }: GraphqlDocument, variables: VariableValues): Omit<Operation, 'integration'> | Denial {
  const walk = new Walk(fragments)
  const roots = walk.rootFields(operation.selectionSet.selections)
  if (isDenial(roots)) return roots
  const needs = new Set<Need>()
  const targets: Found[] = []
  const shown = new Map<string, Set<string>>()
  for (const { field } of roots) {
    const name = field.name.value
    if (name === '__typename' && field.selectionSet === undefined) continue
    const root = ROOT_QUERIES.get(name)
    if (root === undefined) return unknownField({ type: 'Query' }, name)
    const below = judgeRoot(walk, field, root, needs)
    if (isDenial(below)) return below
    shown.set(name, new Set([...(shown.get(name) ?? []), ...below]))
    targets.push(...targetOf(field, root, variables))
  }
  return { name: queryName(shown), access: 'read', alternatives: alternativesOf(needs), targets: targetsOf(targets), parameters: {}, counterparts: readCounterparts(needs) }
}

/** @returns the names of objects that are shown of it, for the record */
function judgeRoot(walk: Walk, field: FieldNode, { shape, target }: RootQuery, needs: Set<Need>): readonly string[] | Denial {
  const selected = walk.fields(field.selectionSet?.selections ?? [], 1)
  if (isDenial(selected)) return selected
  const own = new Set<Need>()
  const problem = judgeSelected(walk, selected, shape, 1, own)
  if (problem !== undefined) return problem
  // That there is such a repository is the least that it tells.
  if (own.size === 0 && target === 'repository') own.add('metadata:read')
  for (const need of own) needs.add(need)
  return selected.flatMap((one) => (shape.fields.get(one.field.name.value)?.shape === undefined ? [] : [one.field.name.value]))
}

function targetOf(field: FieldNode, { target }: RootQuery, variables: VariableValues): readonly Found[] {
  if (target === 'none') return []
  const name = target === 'repository' ? repositoryTarget(field, variables) : loginTarget(field, variables)
  return [name === undefined ? { unclear: 'the arguments do not tell which, as plain text or variables' } : { name }]
}
