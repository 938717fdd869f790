import type { SourceProblem } from '../lib/source-position.ts'
import { problemsFromZod } from '../lib/yaml-document-problems.ts'
import type { YamlDocument, YamlPath } from '../lib/yaml-document.ts'
import { pathText } from '../lib/path-text.ts'
import { PolicySchema, type PolicyText } from './schema.ts'

/** One policy document as its author wrote it, checked for form. */
export interface PolicyDocument {
  readonly text: PolicyText
  readonly source: YamlDocument
}

/** A file is read a few times in a process's life: a parser compiled for its form costs more than it saves. */
const ONCE = { jitless: true }

/** @returns the document, or what is wrong with its form */
export function readPolicyDocument(source: YamlDocument): PolicyDocument | readonly SourceProblem[] {
  const result = PolicySchema.safeParse(source.value, ONCE)
  if (!result.success) return problemsFromZod(result.error.issues, source, PolicySchema)
  return { text: result.data, source }
}

/** The layer's name in rule ids: `org`, or the agent's name. */
export function layerNameOf(text: PolicyText): string {
  return text.policy === 'org' ? 'org' : text.agent.slice('agent:'.length)
}

/** A problem at a place of a document. */
export function problemAt(source: YamlDocument, path: YamlPath, problem: string, expected: string, of: 'key' | 'value' = 'value'): SourceProblem {
  return { ...source.positionOf(path, of), path: pathText(path), problem, expected }
}
