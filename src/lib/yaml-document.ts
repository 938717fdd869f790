import { Worker } from 'node:worker_threads'
import { SourceError, type SourcePosition, type SourceProblem } from './source-position.ts'
import type { ParsedDocument, ParseOutcome, ParseProblem } from './yaml-document-parse.ts'

export type YamlPath = readonly (string | number)[]

/** One document of a YAML file: a plain value (objects, arrays, strings, numbers, booleans, null) that knows where it was written. */
export interface YamlDocument {
  readonly file: string
  /** Null for an empty document. */
  readonly value: unknown
  /** Where the value at `path` stands, or the key that names it; the nearest enclosing position where the path is not in the file. */
  positionOf(path: YamlPath, of: 'key' | 'value'): SourcePosition
}

export interface YamlFile {
  /** Named in positions and problems; not read. */
  readonly file: string
  readonly text: string
  readonly maxBytes?: number
  /** For parsing alone; starting the thread does not count. */
  readonly deadlineMs?: number
}

const MAX_BYTES = 262_144
const DEADLINE_MS = 2000
/** A thread that did not start by then never will; generous, since a machine may be busy. */
const START_MS = 15_000
/** A thread that has parsed waits so long for the next text: to start one takes longer than to parse a file, and a start of Postern reads several. */
const KEEP_MS = 2_000

/**
 * Parses a YAML file that a person wrote, in a thread of its own, so that no text can hold up the event loop.
 * Accepts YAML 1.2 without anchors, aliases, tags, directives, merge keys, duplicate keys or keys that are not plain text.
 * @returns every document of the file, in order; none for an empty file
 * @throws SourceError with everything found wrong
 */
export async function parseYamlFile(input: YamlFile): Promise<readonly YamlDocument[]> {
  const { file, text, maxBytes = MAX_BYTES, deadlineMs = DEADLINE_MS } = input
  if (Buffer.byteLength(text) > maxBytes) {
    throw new SourceError([whole(file, `the file is larger than ${maxBytes} bytes`, 'a smaller file, or several')])
  }
  const outcome = await parseInThread(file, text, deadlineMs)
  if (outcome.problems.length > 0) throw new SourceError(outcome.problems.map((problem) => located(file, problem)))
  return outcome.documents.map((parsed) => documentOf(file, parsed))
}

/** Gives a parsed document its positions; for callers that parsed in their own thread. */
export function documentOf(file: string, parsed: ParsedDocument): YamlDocument {
  return {
    file,
    value: parsed.value,
    positionOf(path, of) {
      const [line, column] = lookUp(parsed, path, of)
      return { file, line, column }
    },
  }
}

function lookUp(parsed: ParsedDocument, path: YamlPath, of: 'key' | 'value'): readonly [number, number] {
  for (let length = path.length; length >= 0; length--) {
    const found = parsed.positions.get(JSON.stringify(path.slice(0, length)))
    // Beyond the wanted path only the enclosing key is of use: its value may begin lines further down.
    if (found !== undefined) return of === 'value' && length === path.length ? found.value : found.key
  }
  return [1, 1]
}

function parseInThread(file: string, text: string, deadlineMs: number): Promise<ParseOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<ParseOutcome>()
  const kept = takeKept()
  const worker = kept ?? startThread()
  const fail = (problem: string, expected: string) => reject(new SourceError([whole(file, problem, expected)]))
  let timer: NodeJS.Timeout
  const parse = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => fail(`parsing took longer than ${deadlineMs} ms`, 'a simpler file'), deadlineMs)
    worker.postMessage(text)
  }
  worker.on('message', (message: 'ready' | ParseOutcome) => (message === 'ready' ? parse() : resolve(message)))
  worker.on('error', (error) => fail(`the parser failed: ${codeOf(error)}`, 'a simpler file'))
  worker.on('exit', () => fail('the parser ended early', 'a simpler file'))
  if (kept === undefined) timer = setTimeout(() => fail('the parser did not start', 'a machine with time for it; try again'), START_MS)
  else parse()
  return promise.finally(() => {
    clearTimeout(timer)
    stopListening(worker)
  }).then((outcome) => {
    keep(worker)
    return outcome
  }, (error: unknown) => {
    end(worker)
    throw error
  })
}

/** The one thread that has just parsed and waits. */
let spare: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined

function takeKept(): Worker | undefined {
  const taken = spare
  spare = undefined
  clearTimeout(taken?.timer)
  if (taken === undefined) return undefined
  stopListening(taken.worker)
  taken.worker.ref()
  return taken.worker
}

/** Not all listeners: a thread has some of its own. */
function stopListening(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
}

/** Only one that answered in time: whatever failed is not asked again. */
function keep(worker: Worker): void {
  if (spare !== undefined) return end(worker)
  const timer = setTimeout(() => end(takeKept()), KEEP_MS)
  timer.unref()
  worker.unref()
  const lost = (): void => end(takeKept())
  worker.once('error', lost).once('exit', lost)
  spare = { worker, timer }
}

function end(worker: Worker | undefined): void {
  // Nobody waits for it any more: that it fails as it ends is nobody's trouble.
  worker?.on('error', () => undefined)
  void worker?.terminate()
}

/** The thread gets nothing of this process but the text: no environment, no flags, a bounded heap. */
function startThread(): Worker {
  const source = import.meta.url.endsWith('.ts') ? './yaml-document-worker.ts' : './yaml-document-worker.js'
  return new Worker(new URL(source, import.meta.url), {
    env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 },
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause'
}

function located(file: string, { line, column, path, problem, expected }: ParseProblem): SourceProblem {
  return { file, line, column, path, problem, expected }
}

function whole(file: string, problem: string, expected: string): SourceProblem {
  return { file, line: 1, column: 1, path: '', problem, expected }
}
