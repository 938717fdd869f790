import { z } from 'zod'
import { ConfigSchema } from './schema/config-schema.ts'

/** The JSON Schema (draft-07) of the configuration, for editors. What a rule over several keys says is not in it. */
export function configJsonSchema(): object {
  return {
    ...z.toJSONSchema(ConfigSchema, { target: 'draft-7', io: 'input' }),
    title: 'Postern configuration',
  }
}
