import type { ASTNode } from '@marcbachmann/cel-js'
import type { InspectedBody } from '../http/body.ts'

/** Why an expression is not accepted: where in its text (an offset from 0), what is wrong, what would be right. */
export interface ExpressionProblem {
  readonly offset: number
  readonly problem: string
  readonly expected: string
}

/** What an expression uses, as far as its cost goes. */
export interface ExpressionFacts {
  readonly identifiers: ReadonlySet<string>
  readonly iterates: boolean
  readonly problems: readonly ExpressionProblem[]
}

/** Functions whose cost is linear in what they are given; all others are refused. */
const FUNCTIONS = new Set([
  'size', 'has', 'startsWith', 'endsWith', 'contains', 'matches', 'lowerAscii', 'upperAscii', 'trim', 'indexOf', 'substring',
  'int', 'double', 'string', 'bool', 'type', 'timestamp', 'duration', 'all', 'exists', 'exists_one', 'filter', 'map',
  'getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getHours', 'getMinutes', 'getSeconds',
])
const ITERATIONS = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])
/** A search for a text that the request chose can take the product of both lengths. */
const LITERAL_ARGUMENT = new Set(['contains', 'indexOf', 'matches', 'timestamp', 'duration'])

/** The most of (elements of the body's largest list or map) × (bytes of the body) that an iterating condition is run on. */
const MAX_ITERATION_COST = 16 * 1024 * 1024

interface Walk {
  readonly identifiers: Set<string>
  readonly problems: ExpressionProblem[]
  iterates: boolean
}

/** Finds what an expression names and what in it could run for longer than its input is long. */
export function inspectExpression(root: ASTNode): ExpressionFacts {
  const walk: Walk = { identifiers: new Set(), problems: [], iterates: false }
  visit(walk, root, false)
  return walk
}

function visit(walk: Walk, node: ASTNode, insideIteration: boolean): void {
  if (node.op === 'id') walk.identifiers.add(node.args)
  const [name, children] = callOf(node)
  if (name !== undefined) checkCall(walk, node, name, insideIteration)
  // The receiver of an iteration runs once; what is inside its brackets runs for each element.
  const iteration = name !== undefined && ITERATIONS.has(name)
  for (const [index, child] of children.entries()) visit(walk, child, insideIteration || (iteration && index > 0))
}

function callOf(node: ASTNode): readonly [name: string | undefined, children: readonly ASTNode[]] {
  if (node.op === 'call') return [node.args[0], node.args[1]]
  if (node.op === 'rcall') return [node.args[0], [node.args[1], ...node.args[2]]]
  return [undefined, nodesIn(node.args)]
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}

function checkCall(walk: Walk, node: ASTNode, name: string, insideIteration: boolean): void {
  const offset = node.start
  if (!FUNCTIONS.has(name)) {
    walk.problems.push({ offset, problem: `the function \`${name}\` is not available here`, expected: `one of ${[...FUNCTIONS].join(', ')}` })
    return
  }
  if (ITERATIONS.has(name)) {
    walk.iterates = true
    if (insideIteration) walk.problems.push({ offset, problem: 'an iteration inside an iteration', expected: 'one level of iteration' })
  }
  if (!LITERAL_ARGUMENT.has(name)) return
  const argument = node.op === 'rcall' ? node.args[2][0] : node.op === 'call' ? node.args[1][0] : undefined
  if (argument !== undefined && (argument.op !== 'value' || typeof argument.args !== 'string')) {
    walk.problems.push({ offset, problem: `the argument of \`${name}\` is not a literal text`, expected: 'a text in quotes' })
  }
}

const largest = new WeakMap<InspectedBody, number>()

/** Whether an iterating condition may be run on this body; one that may not, fails. */
export function isAffordable(body: InspectedBody): boolean {
  let size = largest.get(body)
  if (size === undefined) {
    size = largestCollection(body.value)
    largest.set(body, size)
  }
  return size * body.bytes.length <= MAX_ITERATION_COST
}

function largestCollection(root: unknown): number {
  let size = 0
  const pending: unknown[] = [root]
  for (let value = pending.pop(); pending.length > 0 || value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const children = Object.values(value)
    size = Math.max(size, children.length)
    for (const child of children) if (typeof child === 'object' && child !== null) pending.push(child)
  }
  return size
}
