import { SourceError } from '../lib/source-position.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import { parseYamlFile } from '../lib/yaml-document.ts'
import type { YamlDocument } from '../lib/yaml-document.ts'
import { problemsFromZod } from '../lib/yaml-document-problems.ts'
import { checkConfig } from './checks/check-config.ts'
import { readTextFile } from './read-text-file.ts'
import { ConfigSchema } from './schema/config-schema.ts'
import type { ConfigText } from './schema/config-schema.ts'

const MAX_BYTES = 262_144
/** A file is read a few times in a process's life: a parser compiled for its form costs more than it saves. */
const ONCE = { jitless: true }

/** A configuration file that has the right form; its references are not followed. */
export interface ReadConfig {
  readonly document: YamlDocument
  readonly text: ConfigText
  /** What the rules over several keys found. */
  readonly problems: readonly SourceProblem[]
  readonly warnings: readonly SourceProblem[]
}

/**
 * Reads a configuration file as far as that goes without following its references.
 * @throws SourceError where it cannot be read or does not have the right form
 */
export async function readConfigText(file: string): Promise<ReadConfig> {
  return parseConfigText(file, await readConfigFile(file))
}

/** @throws SourceError where the file cannot be read */
export async function readConfigFile(file: string): Promise<string> {
  const found = await readTextFile(file, MAX_BYTES)
  if ('text' in found) return found.text
  throw new SourceError([{ file, line: 1, column: 1, path: '', ...found }])
}

/**
 * @param file named in positions; not read
 * @throws SourceError where the text does not have the right form
 */
export async function parseConfigText(file: string, text: string): Promise<ReadConfig> {
  return readConfigDocuments(file, await parseYamlFile({ file, text, maxBytes: MAX_BYTES }))
}

/**
 * Gives a parsed file its meaning. Pure.
 * @throws SourceError where it does not have the right form
 */
export function readConfigDocuments(file: string, documents: readonly YamlDocument[]): ReadConfig {
  const document = onlyDocument(file, documents)
  const parsed = ConfigSchema.safeParse(document.value, ONCE)
  if (!parsed.success) throw new SourceError(inOrder(problemsFromZod(parsed.error.issues, document, ConfigSchema)))
  return { document, text: parsed.data, ...checkConfig(parsed.data, document) }
}

function onlyDocument(file: string, documents: readonly YamlDocument[]): YamlDocument {
  const [document] = documents
  if (document !== undefined && documents.length === 1) return document
  const problem = document === undefined ? 'the file is empty' : 'the file has several documents'
  throw new SourceError([{ file, line: 1, column: 1, path: '', problem, expected: 'one document with the keys of config/postern.example.yaml' }])
}

function inOrder(problems: readonly SourceProblem[]): readonly SourceProblem[] {
  return problems.toSorted((one, other) => one.line - other.line || one.column - other.column)
}
