import { Kind, type FieldNode, type OperationDefinitionNode, type ValueNode } from 'graphql/language'

/** The operation's variables as the server would see them. */
export interface VariableValues {
  readonly operation: OperationDefinitionNode
  readonly given: Readonly<Record<string, unknown>>
}

/** Stands where a value is, or could be, that is not told: equal to nothing that a reader looks for. */
export const UNTOLD = Symbol('untold')

/** The value of an argument, `UNTOLD` where it has none. */
export function argumentValue({ arguments: given }: FieldNode, name: string, variables: VariableValues): unknown {
  const argument = given?.find((one) => one.name.value === name)
  return argument === undefined ? UNTOLD : valueOf(argument.value, variables)
}

/**
 * Reads a value as far as servers read it alike: a text with an escape or in block form, a number and a variable without a value are `UNTOLD`, in an
 * object or a list just where they stand.
 */
export function valueOf(node: ValueNode, variables: VariableValues): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variableValue(node.name.value, variables)
    case Kind.STRING:
      return isPlainText(node) ? node.value : UNTOLD
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, valueOf(value, variables)]))
    case Kind.LIST:
      return node.values.map((item) => valueOf(item, variables))
    case Kind.NULL:
      return null
    default:
      return UNTOLD
  }
}

function isPlainText({ block, value, loc }: Extract<ValueNode, { kind: typeof Kind.STRING }>): boolean {
  // As long as what stands between its quotes: nothing in it was an escape.
  return block !== true && loc !== undefined && loc.end - loc.start === value.length + 2
}

/** What the request gives, null included; the default only where it gives nothing. */
function variableValue(name: string, { operation, given }: VariableValues): unknown {
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
  if (definition === undefined) return UNTOLD
  if (Object.hasOwn(given, name)) return given[name]
  const { defaultValue } = definition
  // A default holds no variable.
  return defaultValue === undefined ? UNTOLD : valueOf(defaultValue, { operation, given: {} })
}
