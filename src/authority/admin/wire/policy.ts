import { z } from '@hono/zod-openapi'
import type { SourceText } from '../../../policy/load.ts'
import type { RuleDescription } from '../../../policy/describe.ts'
import type { PolicyStatus } from '../admin-deps.ts'
import { pageOf } from './paging.ts'
import { moment, momentOf } from './values.ts'

const effect = z.enum(['allow', 'deny', 'ask'])

/** One document as it was loaded. */
export const policyDocument = z.object({
  file: z.string(),
  policy: z.enum(['org', 'agent']),
  agent: z.string().nullable(),
  hash: z.string().openapi({ description: '`sha256:…` of the file’s bytes' }),
  text: z.string().openapi({ description: 'the whole file, as it was read when these policies were loaded; several documents of one file have the same' }),
  rules: z.array(z.object({
    id: z.string().openapi({ description: 'with its policy’s name, as in the audit', example: 'pr-reviewer/review' }),
    effect, line: z.number().int(), because: z.string().nullable(),
  })),
}).openapi('PolicyDocument')

/** The policies in force. */
export const policy = z.object({
  hash: z.string(),
  loaded_at: moment,
  rejected: z.object({ at: moment, problems: z.array(z.string()) }).nullable().openapi({ description: 'the last change that could not be used, if one came after those in force' }),
  documents: z.array(policyDocument),
}).openapi('Policy')

const policyChange = z.object({
  at: moment,
  event: z.enum(['loaded', 'rejected']),
  hash: z.string().nullable().openapi({ description: 'of what came into force; null for a set that was refused' }),
  problems: z.array(z.string()).openapi({ description: 'the first one, as the audit keeps it' }),
}).openapi('PolicyChange')

export const policyHistory = pageOf('PolicyHistory', policyChange)

export type PolicyView = z.infer<typeof policy>
export type PolicyDocumentView = z.infer<typeof policyDocument>
export type PolicyChangeView = z.infer<typeof policyChange>

/** One document, as the loader and the compiler know it. */
export interface DescribedDocument {
  readonly source: SourceText
  readonly policy: 'org' | 'agent'
  readonly agent: string | undefined
  readonly rules: readonly RuleDescription[]
}

/** The policies as they are answered. */
export function policyView({ hash, loadedAtMs, rejected }: PolicyStatus, documents: readonly DescribedDocument[]): PolicyView {
  return {
    hash,
    loaded_at: momentOf(loadedAtMs),
    rejected: rejected === undefined ? null : { at: momentOf(rejected.atMs), problems: [...rejected.problems] },
    documents: documents.map(documentView),
  }
}

function documentView({ source, policy: layer, agent, rules }: DescribedDocument): PolicyDocumentView {
  return {
    file: source.file, policy: layer, agent: agent ?? null, hash: source.hash, text: source.text,
    rules: rules.map((rule) => ({ id: rule.id, effect: rule.effect, line: rule.line, because: rule.because ?? null })),
  }
}
