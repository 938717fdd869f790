import { createHash } from 'node:crypto'
import { SourceError, type SourceProblem } from '../lib/source-position.ts'
import { parseYamlFile, type YamlDocument } from '../lib/yaml-document.ts'
import { compilePolicies } from './compile.ts'
import { hasCondition, type CompiledRule } from './compile-rule.ts'
import { CompiledSnapshot } from './compiled-snapshot.ts'
import type { PolicyForecast } from './forecast.ts'
import { hashOf, readPolicyDirectory, type PolicyFile } from './directory.ts'
import { readPolicyDocument, type PolicyDocument } from './document.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { Vocabularies } from './vocabulary.ts'

/** One policy file, as it was read. */
export interface SourceText {
  /** As positions show it. */
  readonly file: string
  /** `sha256:…` of its bytes. */
  readonly hash: string
  readonly text: string
}

/** A directory of policies, loaded: the snapshot that decides, and the documents and rules for `test` and `lint`. */
export interface LoadedPolicies {
  readonly snapshot: PolicySnapshot & PolicyForecast
  readonly documents: readonly PolicyDocument[]
  readonly rules: readonly CompiledRule[]
  /** The texts that all of these were made of. */
  readonly sources: readonly SourceText[]
}

const PARSED_AT_ONCE = 4

/**
 * Loads and compiles every policy file of a directory.
 * @param vocabularies the words of every configured integration; a rule may name no other
 * @throws SourceError with everything found wrong, in all files
 */
export async function loadPolicies(directory: string, vocabularies: Vocabularies): Promise<LoadedPolicies> {
  const files = await readPolicyDirectory(directory)
  const problems: SourceProblem[] = []
  const sources = await parseAll(files, problems)
  const documents = sources.flatMap((source) => {
    const read = readPolicyDocument(source)
    if ('text' in read) return [read]
    problems.push(...read)
    return []
  })
  // A document that could not be read would show as missing: what follows from that is told only where all could be read.
  if (problems.length > 0) throw new SourceError(problems)
  // The language of conditions is a good part of the program: loaded with the first of them.
  const conditions = documents.some(hasCondition) ? await import('./conditions.ts') : undefined
  const compilation = compilePolicies(documents, vocabularies, hashOf(files), directory, conditions?.compileCondition)
  if (compilation.problems.length > 0) throw new SourceError(compilation.problems)
  return { snapshot: new CompiledSnapshot(compilation.policies, vocabularies), documents, rules: compilation.rules, sources: files.map(sourceText) }
}

function sourceText({ path, bytes }: PolicyFile): SourceText {
  return { file: path, hash: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, text: textOf(path, bytes) }
}

async function parseAll(files: readonly PolicyFile[], problems: SourceProblem[]): Promise<readonly YamlDocument[]> {
  const sources: YamlDocument[] = []
  for (let from = 0; from < files.length; from += PARSED_AT_ONCE) {
    const results = await Promise.allSettled(files.slice(from, from + PARSED_AT_ONCE).map(parseOne))
    for (const result of results) {
      if (result.status === 'fulfilled') sources.push(...result.value)
      else if (result.reason instanceof SourceError) problems.push(...result.reason.problems)
      else throw result.reason
    }
  }
  return sources
}

/**
 * An empty document, as templates leave them between `---`, says nothing; an empty file is more likely one that is being
 * written right now, and without its deny rules the others must not be used.
 */
async function parseOne({ path, bytes }: PolicyFile): Promise<readonly YamlDocument[]> {
  const documents = (await parseYamlFile({ file: path, text: textOf(path, bytes) })).filter((document) => document.value !== null)
  if (documents.length > 0) return documents
  const expected = 'at least one policy document, or no such file'
  throw new SourceError([{ file: path, line: 1, column: 1, path: '', problem: 'the file holds no policy', expected }])
}

function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SourceError([{ file, line: 1, column: 1, path: '', problem: 'the file is not UTF-8', expected: 'text in UTF-8' }])
  }
}
