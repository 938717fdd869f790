import type { z } from 'zod'
import { nearestName } from './nearest-name.ts'
import type { SourceProblem } from './source-position.ts'
import type { YamlDocument, YamlPath } from './yaml-document.ts'
import { pathText } from './path-text.ts'
import { describeAt, knownKeysAt } from './zod-schema-walk.ts'

type Issue = z.core.$ZodIssue

/**
 * Turns what a schema found wrong in a document into problems with position, what is wrong and what would be right.
 * "What would be right" is, in this order: `params.expected` of a custom issue, the `description` of the schema at that
 * place, the known keys, what the issue itself says.
 * @param schema the schema that was applied; without it unknown keys get no suggestion
 */
export function problemsFromZod(issues: readonly Issue[], document: YamlDocument, schema?: z.core.$ZodType): readonly SourceProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], document, schema))
}

function problemsOf(issue: Issue, prefix: YamlPath, document: YamlDocument, schema: z.core.$ZodType | undefined): readonly SourceProblem[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  if (issue.code === 'unrecognized_keys') {
    const known = schema === undefined ? [] : knownKeysAt(schema, path, document.value)
    return issue.keys.map((key) => unknownKey(document, path, key, known))
  }
  if (issue.code === 'invalid_union') {
    const nearest = unknownToAll(issue.errors) ?? nearestOption(issue.errors)
    if (nearest !== undefined) return nearest.flatMap((inner) => problemsOf(inner, path, document, schema))
  }
  const described = schema === undefined ? undefined : describeAt(schema, path, document.value)
  const missing = valueAt(document.value, path) === undefined
  const [problem, expected] = wording(issue, described)
  const position = document.positionOf(path, missing ? 'key' : 'value')
  return [{ ...position, path: pathText(path), problem: missing ? 'the key is missing' : problem, expected }]
}

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>((inner, part) => isRecord(inner) ? inner[part] : undefined, value)
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}

/** Keys that no option of a union knows: the mistake itself, whatever else each option misses then. */
function unknownToAll(options: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const unknown = options.map((issues) => issues.find((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0))
  const [first] = unknown
  if (first?.code !== 'unrecognized_keys') return undefined
  const keys = first.keys.filter((key) => unknown.every((issue) => issue?.code === 'unrecognized_keys' && issue.keys.includes(key)))
  return keys.length === 0 ? undefined : [{ ...first, keys }]
}

/** The option that got furthest: whose first issue lies deepest; undefined where none got beyond the value's own type. */
function nearestOption(options: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depths = options.map((issues) => Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 0.5))))
  const deepest = Math.max(0, ...depths)
  return deepest === 0 ? undefined : options[depths.indexOf(deepest)]
}

function unknownKey(document: YamlDocument, path: YamlPath, key: string, known: readonly string[]): SourceProblem {
  const nearest = nearestName(key, known)
  const expected = nearest === undefined ? oneOf(known, 'a key that is known here') : `\`${nearest}\``
  return {
    ...document.positionOf([...path, key], 'key'), path: pathText([...path, key]),
    problem: `the key \`${key.slice(0, 60)}\` is not known here`, expected,
  }
}

function wording(issue: Issue, described: string | undefined): readonly [problem: string, expected: string] {
  switch (issue.code) {
    case 'invalid_type':
      return ['the value is of the wrong kind', described ?? kindName(issue.expected)]
    case 'invalid_value':
      return ['the value is not one of those accepted', described ?? oneOf(issue.values.map(String), 'another value')]
    case 'too_small':
      return ['the value is too small or too short', described ?? `at least ${issue.minimum}`]
    case 'too_big':
      return ['the value is too large or too long', described ?? `at most ${issue.maximum}`]
    case 'custom':
      return [clause(issue.message), expectedOf(issue) ?? described ?? 'another value']
    case 'invalid_key':
      return ['the key is not of the form accepted here', described ?? 'another key']
    case 'invalid_format':
      return ['the text is not of the form accepted here', described ?? clause(issue.message)]
    case 'invalid_union':
      return ['the value is not one of those accepted', described ?? unionText(issue)]
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return ['the value is not of a form accepted here', described ?? clause(issue.message)]
  }
}

/** A discriminated union names its options; of a plain one the kinds that each option wants. */
function unionText(issue: Issue & { readonly code: 'invalid_union' }): string {
  const options: unknown = 'options' in issue ? issue.options : undefined
  if (Array.isArray(options) && options.length > 0) return oneOf(options.map(String), 'another value')
  const kinds = issue.errors.flatMap((issues) => issues.flatMap((inner) => inner.code === 'invalid_type' ? [kindName(inner.expected)] : []))
  return kinds.length === 0 ? 'a value of another form' : [...new Set(kinds)].join(' or ')
}

function expectedOf(issue: Issue & { readonly code: 'custom' }): string | undefined {
  const expected: unknown = issue.params?.['expected']
  return typeof expected === 'string' ? expected : undefined
}

function kindName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a mapping', record: 'a mapping',
    null: 'nothing',
  }
  return names[expected] ?? expected
}

function oneOf(names: readonly string[], otherwise: string): string {
  if (names.length === 0) return otherwise
  return names.length === 1 ? `\`${names[0]}\`` : `one of ${names.map((name) => `\`${name}\``).join(', ')}`
}

function clause(message: string): string {
  return message.replace(/\.$/, '')
}
