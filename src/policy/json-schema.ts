import { z } from 'zod'
import { PolicySchema } from './schema.ts'

/** The JSON Schema (draft-07) of one policy document, for editors; published as `policies/policy.schema.json`. */
export function policyJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(PolicySchema, { target: 'draft-07', io: 'input', unrepresentable: 'any', reused: 'ref' })
  return { $schema, title: 'Postern policy', ...schema }
}

/** The published file's whole text; a test holds that the file is up to date. */
export function policyJsonSchemaText(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`
}
