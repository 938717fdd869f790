import { Environment, type ASTNode } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { inspectExpression, isAffordable, type ExpressionProblem } from './condition-bounds.ts'
import { VARIABLE_TYPES, variableValues, type ConditionVariable } from './condition-variables.ts'
import type { EvaluationInput } from './snapshot.ts'

/** A compiled `when`. */
export interface Condition {
  readonly usesBody: boolean
  /** It speaks of agents or persons, and may name some. */
  readonly namesSomebody: boolean
  /** `failed` where the expression cannot be evaluated, or names what this request does not have. Never throws. */
  evaluate(input: EvaluationInput): boolean | 'failed'
}

/** As `compileCondition` does. */
export type CompileCondition = (text: string) => Condition | readonly ExpressionProblem[]

/** The name of our linear-time `matches`: as long as the library's, whose name it takes in the parsed expression. */
const LINEAR_MATCHES = 'matchRE'
const MAX_PATTERN_LENGTH = 500

/**
 * Compiles a CEL expression, type-checked against the declared variables, with only functions of linear cost.
 * @returns the condition, or every problem with its offset in the text
 */
export function compileCondition(text: string): Condition | readonly ExpressionProblem[] {
  try {
    const parsed = environment.parse(text)
    const facts = inspectExpression(parsed.ast)
    const problems = [...facts.problems, ...replaceMatches(parsed.ast)]
    if (problems.length > 0) return problems
    const checked = parsed.check()
    if (!checked.valid) return [problemOf(checked.error)]
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return [{ offset: 0, problem: `the expression is of type ${checked.type}`, expected: 'an expression that is true or false' }]
    }
    const names = new Set(Object.keys(VARIABLE_TYPES).filter((name) => facts.identifiers.has(name)) as ConditionVariable[])
    return conditionOf(parsed, names, facts.iterates)
  } catch (error) {
    return [problemOf(error)]
  }
}

function conditionOf(run: (context: Record<string, unknown>) => unknown, names: ReadonlySet<ConditionVariable>, iterates: boolean): Condition {
  const usesBody = names.has('body')
  return {
    usesBody,
    namesSomebody: names.has('agent') || names.has('person'),
    evaluate(input) {
      try {
        if (usesBody && iterates && input.body !== undefined && !isAffordable(input.body)) return 'failed'
        const values = variableValues(names, input)
        const result = values === undefined ? 'failed' : run(values)
        return typeof result === 'boolean' ? result : 'failed'
      } catch {
        return 'failed'
      }
    },
  }
}

/** One for all conditions: making it is the expensive part. */
const environment = newEnvironment()

function newEnvironment(): Environment {
  const made = new Environment({
    limits: { maxAstNodes: 300, maxDepth: 24, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 },
  })
  for (const [name, type] of Object.entries(VARIABLE_TYPES)) {
    if (typeof type === 'string') made.registerVariable(name, type)
    else made.registerVariable({ name, schema: type })
  }
  return made.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) => compiledPattern(pattern).matcher(text).find())
}

/** The patterns of loaded conditions; all are literals of policy files, checked at load. */
const patterns = new Map<string, RE2JS>()
const MAX_PATTERNS = 2000

function compiledPattern(pattern: string): RE2JS {
  let compiled = patterns.get(pattern)
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern)
    if (patterns.size >= MAX_PATTERNS) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled
}

/**
 * Puts our linear-time function in the place of the library's `matches`, which backtracks, and compiles each pattern.
 * The library lets no one override a function of its own, so the parsed call is renamed before it is type-checked.
 */
function replaceMatches(node: ASTNode): readonly ExpressionProblem[] {
  const problems: ExpressionProblem[] = []
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    const pattern: unknown = node.args[2][0]?.args
    if (typeof pattern === 'string') problems.push(...checkPattern(pattern, node.start))
    node.args[0] = LINEAR_MATCHES
  }
  return [...problems, ...childrenOf(node).flatMap((child) => replaceMatches(child))]
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const flat = (args: unknown): readonly ASTNode[] => {
    if (Array.isArray(args)) return args.flatMap(flat)
    return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
  }
  return flat(node.args)
}

function checkPattern(pattern: string, offset: number): readonly ExpressionProblem[] {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return [{ offset, problem: 'the pattern is too long', expected: `at most ${MAX_PATTERN_LENGTH} characters` }]
  }
  try {
    compiledPattern(pattern)
    return []
  } catch {
    return [{ offset, problem: 'the pattern is not one that matches in linear time', expected: 'RE2 syntax: no back-references, no look-around' }]
  }
}

function problemOf(error: unknown): ExpressionProblem {
  const { summary, range } = error as { summary?: unknown, range?: { start?: unknown } }
  const said = typeof summary === 'string' ? summary.split('\n', 1)[0] ?? '' : 'it cannot be parsed'
  return {
    offset: typeof range?.start === 'number' ? range.start : 0,
    problem: `not a valid condition: ${said.slice(0, 200)}`,
    expected: `a CEL expression over ${Object.keys(VARIABLE_TYPES).join(', ')}`,
  }
}
