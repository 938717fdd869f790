import type { Access } from '../../model/operation.ts'
import data from './endpoints.json' with { type: 'json' }
import type { NeedFamily } from './reviewed-needs.ts'
import { NEED_FAMILIES, WRITES_WITH_READ_SCOPE } from './reviewed-needs.ts'
import { UNLISTED_OPERATIONS } from './unlisted-operations.ts'

/** One operation of GitHub's REST API, with the reviewed meaning of its permissions. */
export interface Endpoint {
  /** `GET /repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly access: Access
  /** Any-of over all-of; none where the permissions have no reviewed meaning. */
  readonly alternatives: readonly (readonly string[])[]
  /** The alternatives where the path names a workflow file; undefined where that makes no difference. */
  readonly onWorkflowFile: readonly (readonly string[])[] | undefined
  /** Whether GitHub accepts an app's installation token here; elsewhere only a user's. */
  readonly installationToken: boolean
  /** Whether GitHub accepts a person's token here. */
  readonly userToken: boolean
}

/** A row of the table, before its permissions are given a meaning. */
export interface EndpointFacts {
  readonly name: string
  readonly scopes: readonly string[]
  readonly installationToken: boolean
  readonly userToken: boolean
}

const RANK: Readonly<Record<Access, number>> = { read: 0, write: 1, admin: 2 }

/** Every endpoint of GitHub's table, as it stands there. */
export const ENDPOINT_FACTS: readonly EndpointFacts[] = data.endpoints.map(readFacts)

/** Every known operation, each name once: GitHub's table and the reviewed additions. */
export const ENDPOINTS: ReadonlyMap<string, Endpoint> = endpoints(ENDPOINT_FACTS, NEED_FAMILIES)

function readFacts(line: string): EndpointFacts {
  const [method, path, scopes, flags] = line.split(' ')
  if (scopes === undefined || flags === undefined) throw new TypeError('a line of endpoints.json has another form')
  return { name: `${method} ${path}`, scopes: scopes.split(','), installationToken: flags.includes('s'), userToken: flags.includes('u') }
}

/** Gives each endpoint its meaning; several permissions without a family give no alternative at all. */
export function endpoints(facts: readonly EndpointFacts[], families: readonly NeedFamily[]): ReadonlyMap<string, Endpoint> {
  const needs = new Map(families.flatMap(({ endpoints: names, need }) => names.map((name) => [name, need] as const)))
  const listed = facts.map((one) => {
    const need = needs.get(one.name)
    const onWorkflowFile = need === 'workflow_path' ? [one.scopes] : undefined
    return endpoint(one.name, alternativesOf(one.scopes, need), onWorkflowFile, one)
  })
  const unlisted = UNLISTED_OPERATIONS.map((one) => endpoint(one.name, one.alternatives, undefined, { installationToken: true, userToken: true }))
  return new Map([...listed, ...unlisted].map((one) => [one.name, one]))
}

function alternativesOf(scopes: readonly string[], need: NeedFamily['need'] | undefined): readonly (readonly string[])[] {
  if (need === undefined) return scopes.length === 1 ? [scopes] : []
  if (typeof need === 'object') return scopes.includes(need.only) ? [[need.only]] : []
  const contents = scopes.filter((scope) => scope.startsWith('contents:'))
  switch (need) {
    case 'any_of': return scopes.map((scope) => [scope])
    case 'all_of': return [scopes]
    case 'workflow_path': return [contents]
    case 'workflow_content': return [contents, scopes]
  }
}

function endpoint(
  name: string,
  alternatives: Endpoint['alternatives'],
  onWorkflowFile: Endpoint['onWorkflowFile'],
  { installationToken, userToken }: Pick<Endpoint, 'installationToken' | 'userToken'>,
): Endpoint {
  const space = name.indexOf(' ')
  const access = WRITES_WITH_READ_SCOPE.has(name) ? 'write' : accessOf(alternatives.flat())
  return { name, method: name.slice(0, space), path: name.slice(space + 1), access, alternatives, onWorkflowFile, installationToken, userToken }
}

/** The highest level among the scopes: GitHub's verb says nothing about it. */
function accessOf(scopes: readonly string[]): Access {
  const levels = scopes.map((scope) => scope.slice(scope.indexOf(':') + 1) as Access)
  return levels.reduce<Access>((highest, level) => (RANK[level] > RANK[highest] ? level : highest), 'read')
}
