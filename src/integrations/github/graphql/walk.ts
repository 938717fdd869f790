import { Kind, type ArgumentNode, type DirectiveNode, type FieldNode, type FragmentDefinitionNode, type SelectionNode, type ValueNode } from 'graphql/language'
import { isDenial, type Denial } from '../../../model/denial.ts'
import { MAX_ALIASES, MAX_DEPTH, MAX_DIRECTIVES, MAX_ROOT_FIELDS, MAX_SELECTIONS, MAX_VALUE_DEPTH } from './bounds.ts'
import { refused } from './refused.ts'

/** A field where it is selected. */
export interface SelectedField {
  readonly field: FieldNode
  /** Conditions of the fragments between the selection set and the field, outermost first. */
  readonly conditions: readonly string[]
}

const NO_CONDITIONS: readonly string[] = []
const CONDITIONAL: ReadonlySet<string> = new Set(['include', 'skip'])

/**
 * Goes through the selections of one document, fragments expanded where they are spread. What `@include` and `@skip` would leave out counts as
 * present. Every step is counted over the whole document: no expansion grows beyond its bounds, and a fragment that holds itself ends at them.
 */
export class Walk {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  #selections = 0
  #aliases = 0
  #directives = 0

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments
  }

  /**
   * @param depth levels above this selection set
   * @returns the denial `body_refused` where it is beyond a bound, or not a form that is read
   */
  fields(selections: readonly SelectionNode[], depth: number): readonly SelectedField[] | Denial {
    const found: SelectedField[] = []
    return this.#collect(selections, depth, NO_CONDITIONS, found) ?? found
  }

  /** The fields of the operation itself. */
  rootFields(selections: readonly SelectionNode[]): readonly SelectedField[] | Denial {
    const found = this.fields(selections, 0)
    if (isDenial(found)) return found
    return found.length > MAX_ROOT_FIELDS ? refused(`more than ${MAX_ROOT_FIELDS} fields of the root`) : found
  }

  #collect(selections: readonly SelectionNode[], depth: number, conditions: readonly string[], found: SelectedField[]): Denial | undefined {
    if (depth >= MAX_DEPTH) return refused(`more than ${MAX_DEPTH} levels`)
    if (selections.length === 0) return refused('an empty selection')
    for (const selection of selections) {
      const problem = this.#selectionProblem(selection) ?? this.#step(selection, depth, conditions, found)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #step(selection: SelectionNode, depth: number, conditions: readonly string[], found: SelectedField[]): Denial | undefined {
    switch (selection.kind) {
      case Kind.FIELD:
        found.push({ field: selection, conditions })
        return argumentsProblem(selection.arguments)
      case Kind.INLINE_FRAGMENT: {
        const inner = selection.typeCondition === undefined ? conditions : [...conditions, selection.typeCondition.name.value]
        return this.#collect(selection.selectionSet.selections, depth + 1, inner, found)
      }
      case Kind.FRAGMENT_SPREAD:
        return this.#spread(selection.name.value, depth, conditions, found)
    }
  }

  #spread(name: string, depth: number, conditions: readonly string[], found: SelectedField[]): Denial | undefined {
    const fragment = this.#fragments.get(name)
    if (fragment === undefined) return refused('a fragment that is not in the document')
    return this.#collect(fragment.selectionSet.selections, depth + 1, [...conditions, fragment.typeCondition.name.value], found)
  }

  #selectionProblem(selection: SelectionNode): Denial | undefined {
    this.#selections += 1
    if (this.#selections > MAX_SELECTIONS) return refused(`more than ${MAX_SELECTIONS} selections, fragments expanded`)
    if (selection.kind === Kind.FIELD && selection.alias !== undefined) this.#aliases += 1
    if (this.#aliases > MAX_ALIASES) return refused(`more than ${MAX_ALIASES} aliases`)
    const directives = selection.directives ?? []
    this.#directives += directives.length
    if (this.#directives > MAX_DIRECTIVES) return refused(`more than ${MAX_DIRECTIVES} directives`)
    return directives.every(isConditional) ? undefined : refused('a directive other than @include and @skip')
  }
}

function isConditional({ name, arguments: given = [] }: DirectiveNode): boolean {
  return CONDITIONAL.has(name.value) && given.length === 1 && given[0]?.name.value === 'if'
}

/** Names that stand twice, which one server reads first and another last, at every level. */
function argumentsProblem(given: readonly ArgumentNode[] | undefined): Denial | undefined {
  if (given === undefined || given.length === 0) return undefined
  if (new Set(given.map(({ name }) => name.value)).size < given.length) return refused('an argument that is given twice')
  return given.every(({ value }) => isPlain(value)) ? undefined : refused(`a value with a name twice, or of more than ${MAX_VALUE_DEPTH} levels`)
}

/** Whether servers read a value alike: no name twice in an object, and no more levels than are looked at. */
export function isPlain(value: ValueNode, depth = 0): boolean {
  if (depth > MAX_VALUE_DEPTH) return false
  if (value.kind === Kind.LIST) return value.values.every((item) => isPlain(item, depth + 1))
  if (value.kind !== Kind.OBJECT) return true
  const names = new Set(value.fields.map(({ name }) => name.value))
  return names.size === value.fields.length && value.fields.every((field) => isPlain(field.value, depth + 1))
}
