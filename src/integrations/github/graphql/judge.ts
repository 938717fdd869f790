import type { FieldNode } from 'graphql/language'
import { deny, isDenial, type Denial } from '../../../model/denial.ts'
import { SCHEMA_SHAPE, type FieldRule, type Need, type Shape } from './shape.ts'
import type { SelectedField, Walk } from './walk.ts'

/** Tells every object which type it is; holds nothing of anybody. */
const TYPENAME = '__typename'
const MAX_NAME = 60

/**
 * Adds what the selections of a field need, by the reviewed shape of its type.
 * @param depth of the selection set
 * @param needs added to
 * @returns undefined where all is known, else the denial `operation_unknown` or `body_refused`
 */
export function judgeBelow(walk: Walk, { selectionSet }: FieldNode, shape: Shape, depth: number, needs: Set<Need>): Denial | undefined {
  const selected = walk.fields(selectionSet?.selections ?? [], depth)
  return isDenial(selected) ? selected : judgeSelected(walk, selected, shape, depth, needs)
}

/** Adds what fields of one selection need. */
export function judgeSelected(walk: Walk, selected: readonly SelectedField[], shape: Shape, depth: number, needs: Set<Need>): Denial | undefined {
  for (const one of selected) {
    const problem = judgeField(walk, one, shape, depth, needs)
    if (problem !== undefined) return problem
  }
  return undefined
}

function judgeField(walk: Walk, { field, conditions }: SelectedField, shape: Shape, depth: number, needs: Set<Need>): Denial | undefined {
  if (shape === SCHEMA_SHAPE) return field.selectionSet === undefined ? undefined : judgeBelow(walk, field, shape, depth + 1, needs)
  const name = field.name.value
  if (name === TYPENAME) return field.selectionSet === undefined ? undefined : unknownField(shape, name)
  const narrowed = narrow(shape, conditions)
  const rule = narrowed?.fields.get(name)
  if (narrowed === undefined || rule === undefined) return unknownField(narrowed ?? shape, name)
  return judgeRule(walk, field, rule, narrowed, depth, needs)
}

function judgeRule(walk: Walk, field: FieldNode, rule: FieldRule, shape: Shape, depth: number, needs: Set<Need>): Denial | undefined {
  // A leaf with fields, or an object without: the schema that was reviewed is not the one that is meant.
  if ((rule.shape === undefined) !== (field.selectionSet === undefined)) return unknownField(shape, field.name.value)
  for (const need of rule.needs) needs.add(need)
  return rule.shape === undefined ? undefined : judgeBelow(walk, field, rule.shape, depth + 1, needs)
}

/**
 * The shape that fragments pick. On an object type every condition that applies at all names the type itself or one of its interfaces, whose fields
 * are the type's own.
 */
function narrow(shape: Shape, conditions: readonly string[]): Shape | undefined {
  let narrowed: Shape | undefined = shape
  for (const condition of conditions) {
    if (narrowed === undefined) return undefined
    if (narrowed.on.size === 0 || condition === narrowed.type) continue
    narrowed = narrowed.on.get(condition)
  }
  return narrowed
}

/** The name is the client's own, of letters, digits and `_`. */
export function unknownField(shape: Pick<Shape, 'type'>, name: string): Denial {
  const field = `${shape.type}.${name.slice(0, MAX_NAME)}`
  return deny('operation_unknown', `the GraphQL field ${field} is not in the catalogue`, { hint: `GraphQL: the field ${field} was not reviewed, so that no rule can allow it.` })
}
