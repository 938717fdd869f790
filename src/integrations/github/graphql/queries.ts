import { SCHEMA_SHAPE, shape, type Shape } from './shape.ts'
import { organization, profile, repositoryOwner } from './shapes/account-shapes.ts'
import { codeOfConduct, license, repository } from './shapes/repository-shape.ts'

/** A field of the root that reads. */
export interface RootQuery {
  readonly shape: Shape
  /** Which arguments name what it acts on. */
  readonly target: 'repository' | 'login' | 'none'
}

const rateLimit = shape('RateLimit', 'cost limit nodeCount remaining resetAt used')
const meta = shape('GitHubMetadata', 'gitHubServicesSha gitIpAddresses hookIpAddresses importerIpAddresses isPasswordAuthenticationVerifiable pagesIpAddresses')

/**
 * The fields of the root that can be judged. What finds things by an id or a search (`node`, `nodes`, `search`, `resource`), and what shows
 * everything that a caller has, does not stand here: no text confines it to a repository.
 */
export const ROOT_QUERIES: ReadonlyMap<string, RootQuery> = new Map<string, RootQuery>([
  ['repository', { shape: repository, target: 'repository' }],
  ['user', { shape: profile, target: 'login' }],
  ['organization', { shape: organization, target: 'login' }],
  ['repositoryOwner', { shape: repositoryOwner, target: 'login' }],
  // Who the token is; nothing that they have.
  ['viewer', { shape: profile, target: 'none' }],
  ['rateLimit', { shape: rateLimit, target: 'none' }],
  ['meta', { shape: meta, target: 'none' }],
  ['license', { shape: license, target: 'none' }],
  ['licenses', { shape: license, target: 'none' }],
  ['codeOfConduct', { shape: codeOfConduct, target: 'none' }],
  ['codesOfConduct', { shape: codeOfConduct, target: 'none' }],
  ['__schema', { shape: SCHEMA_SHAPE, target: 'none' }],
  ['__type', { shape: SCHEMA_SHAPE, target: 'none' }],
])
