import type { OperationFacts } from '../../integration.ts'
import { commitFilesAlternatives } from './commit-files.ts'
import { scopesOf } from './counterparts.ts'
import { MUTATIONS } from './mutations.ts'
import { mutationName, queryName } from './operation-name.ts'
import { ROOT_QUERIES } from './queries.ts'
import { repository } from './shapes/repository-shape.ts'

const NO_SCOPE: readonly (readonly string[])[] = [[]]

/** Operations of GraphQL for checking rules by. A query is more than its name says: what stands here of one are the scopes that it may come to. */
export const GRAPHQL_FACTS: readonly OperationFacts[] = [
  ...[...ROOT_QUERIES].map(([name, { target }]): OperationFacts => ({
    name: queryName(new Map([[name, new Set()]])), access: 'read', alternatives: target === 'repository' ? repositoryScopes() : NO_SCOPE,
  })),
  ...[...MUTATIONS.values()].map(({ name, alternatives }): OperationFacts => ({
    name: mutationName(name), access: 'write', alternatives: name === 'createCommitOnBranch' ? [...alternatives, ...commitFilesAlternatives(undefined)] : alternatives,
  })),
]

function repositoryScopes(): readonly (readonly string[])[] {
  const scopes = new Set([...repository.fields.values()].flatMap(({ needs }) => needs.flatMap(scopesOf)))
  return [...scopes].map((scope) => [scope])
}
