import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node, type Pair, type YAMLMap } from 'yaml'
import { pathText } from './path-text.ts'

type At = readonly [line: number, column: number]

/** One document and where each part of it stands; keys are `JSON.stringify(path)`. Passes a structured clone. */
export interface ParsedDocument {
  readonly value: unknown
  readonly positions: ReadonlyMap<string, { readonly key: At; readonly value: At }>
}

export interface ParseProblem {
  readonly line: number
  readonly column: number
  readonly path: string
  readonly problem: string
  readonly expected: string
}

export interface ParseOutcome {
  /** Meaningful only where there are no problems. */
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly ParseProblem[]
}

const MAX_DEPTH = 32
const MAX_PROBLEMS = 50
/** What follows the first syntax errors is mostly their echo. */
const MAX_SYNTAX_PROBLEMS = 3

/** Parses strictly and synchronously; `parseYamlFile` runs it in a thread of its own. Pure. */
export function parseYamlText(text: string): ParseOutcome {
  const lines = new LineCounter()
  // Duplicate keys are found below in linear time; the library compares each key with all before it.
  const parsed = attempt(() => parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' }))
  if (parsed === undefined) return { documents: [], problems: [tooDeep(1, 1, '')] }
  const walks = [...parsed].map((document) => walkDocument(document, lines))
  const problems = walks.flatMap((walk) => walk.problems).slice(0, MAX_PROBLEMS)
  return { documents: walks, problems }
}

/** The library recurses once for each nesting level; a stack overflow is its one way of saying "too deep". */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

interface Walk {
  value: unknown
  readonly positions: Map<string, { key: At; value: At }>
  readonly problems: ParseProblem[]
  readonly lines: LineCounter
}

function walkDocument(document: Document.Parsed, lines: LineCounter): Omit<Walk, 'lines'> {
  const walk: Walk = { value: null, positions: new Map(), problems: [], lines }
  for (const error of [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS)) {
    report(walk, error.pos[0], [], clause(error.message), SYNTAX_HINTS[error.code] ?? 'valid YAML 1.2')
  }
  if (document.directives?.yaml.explicit === true) report(walk, document.range[0], [], 'a %YAML directive is not accepted', 'no directive')
  const start = document.contents?.range?.[0] ?? document.range[0]
  if (walk.problems.length === 0) walk.value = valueOf(walk, document.contents, [], start)
  return { value: walk.value, positions: walk.positions, problems: walk.problems }
}

const SYNTAX_HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'spaces for indentation',
  BAD_INDENT: 'keys of one mapping indented alike',
  MISSING_CHAR: 'the missing character',
  TAG_RESOLVE_FAILED: 'no tag',
  MULTIPLE_DOCS: 'one document, or `---` between two',
  BLOCK_AS_IMPLICIT_KEY: 'one key on a line; quote a text that holds `: `',
}

function valueOf(walk: Walk, node: Node | null | undefined, path: (string | number)[], keyOffset: number): unknown {
  const offset = node?.range?.[0] ?? keyOffset
  walk.positions.set(JSON.stringify(path), { key: at(walk, keyOffset), value: at(walk, offset) })
  if (node === null || node === undefined) return null
  refuseDecoration(walk, node, path, offset)
  if (path.length > MAX_DEPTH) {
    walk.problems.push(tooDeep(...at(walk, offset), pathText(path)))
    return null
  }
  if (isScalar(node)) return node.value
  if (isSeq(node)) return node.items.map((item, index) => valueOf(walk, item as Node, [...path, index], offset))
  return isMap(node) ? objectOf(walk, node, path) : null
}

function refuseDecoration(walk: Walk, node: Node, path: (string | number)[], offset: number): void {
  if (isAlias(node)) return report(walk, offset, path, 'an alias is not accepted', 'the value itself, written out')
  if (node.anchor !== undefined) report(walk, offset, path, 'an anchor is not accepted', 'the value without `&`')
  if (node.tag !== undefined) report(walk, offset, path, 'a tag is not accepted', 'the value without `!`')
}

function objectOf(walk: Walk, map: YAMLMap, path: (string | number)[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const offset = pair.key?.range?.[0] ?? map.range?.[0] ?? 0
    const key = keyOf(walk, pair.key, path, offset)
    if (key === undefined) continue
    if (Object.hasOwn(object, key)) report(walk, offset, [...path, key], 'the key stands here twice', 'each key once')
    object[key] = valueOf(walk, pair.value, [...path, key], offset)
  }
  return object
}

function keyOf(walk: Walk, node: Node | null, path: (string | number)[], offset: number): string | undefined {
  if (node !== null) refuseDecoration(walk, node, path, offset)
  if (!isScalar(node) || typeof node.value !== 'string') {
    report(walk, offset, path, 'a key is not text', 'a plain word as key; quote a number, `true` or `null`')
    return undefined
  }
  if (node.value === '<<') report(walk, offset, path, 'a merge key is not accepted', 'the keys themselves, written out')
  if (node.value !== '__proto__') return node.value
  report(walk, offset, path, 'the key `__proto__` is not accepted', 'another key')
  return undefined
}

function report(walk: Walk, offset: number, path: readonly (string | number)[], problem: string, expected: string): void {
  const [line, column] = at(walk, offset)
  if (walk.problems.length < MAX_PROBLEMS) walk.problems.push({ line, column, path: pathText(path), problem, expected })
}

function at(walk: Walk, offset: number): At {
  const { line, col } = walk.lines.linePos(offset)
  return [Math.max(line, 1), Math.max(col, 1)]
}

function tooDeep(line: number, column: number, path: string): ParseProblem {
  return { line, column, path, problem: `the value is nested deeper than ${MAX_DEPTH} levels`, expected: 'a flatter document' }
}

/** The library's message as one clause: first line, no final stop or colon, bounded. */
function clause(message: string): string {
  const line = message.split('\n', 1)[0] ?? ''
  return `not valid YAML: ${line.slice(0, 160).replace(/[.:]$/, '')}`
}
