import { schema } from '@octokit/graphql-schema'
import { buildSchema, type GraphQLSchema } from 'graphql'

/** GitHub's published schema, as the package has it. */
export function githubSchema(): GraphQLSchema {
  // GitHub's own file names two fields twice.
  return buildSchema(schema.idl, { assumeValidSDL: true, assumeValid: true, noLocation: true })
}
