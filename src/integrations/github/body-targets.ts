import type { Targets } from '../../model/operation.ts'
import { unresolved } from './path-targets.ts'

type Body = Readonly<Record<string, unknown>>

/** Adds to the targets of the path what the body names. */
export type BodyTargets = (targets: Targets, body: unknown) => Targets

const REPOSITORY_NAME = /^[A-Za-z0-9._-]{1,100}$/
const NAMES_REPOSITORIES = /repositor|^repos?(?:_|$)/i
const ANALYSES = 'POST /repos/{owner}/{repo}/code-scanning/codeql/variant-analyses'

/** Operations that make or rename a repository: where to, the body says. */
const DESTINATIONS: ReadonlyMap<string, (source: string, body: Body) => string | undefined> = new Map([
  ['POST /repos/{owner}/{repo}/forks', (source, body) => destination(body['organization'], body['name'] ?? nameOf(source))],
  ['POST /repos/{template_owner}/{template_repo}/generate', (_source, body) => destination(body['owner'], body['name'])],
  ['POST /repos/{owner}/{repo}/transfer', (source, body) => destination(body['new_owner'], body['new_name'] ?? nameOf(source))],
  ['PATCH /repos/{owner}/{repo}', (source, body) => destination(ownerOf(source), body['name'] ?? nameOf(source))],
  ['POST /orgs/{org}/repos', (source, body) => destination(source, body['name'])],
])

/** Whether only the first target exists before the call: a credential can be narrowed to that one alone. */
export function makesItsSecondTarget(operation: string): boolean {
  return DESTINATIONS.has(operation)
}

/**
 * How the body of this operation tells more targets than its path.
 * Where a token is confined to one repository, what the body says of others is GitHub's to refuse; above a repository it is ours.
 * @returns undefined where the path tells all
 */
export function bodyTargets(operation: string): BodyTargets | undefined {
  const destined = DESTINATIONS.get(operation)
  if (destined !== undefined) return (targets, body) => withDestination(targets, asObject(body), destined)
  if (operation.startsWith('GET ') || operation === 'POST /markdown') return undefined
  if (operation.startsWith('POST /orgs/{org}/artifacts/metadata/')) return (targets, body) => withRecordedRepository(targets, asObject(body))
  if (operation.includes(' /repos/') && operation !== ANALYSES) return undefined
  return (targets, body) => (namesRepositories(body) ? unresolved('the body names repositories') : targets)
}

function withDestination(targets: Targets, body: Body, destined: (source: string, body: Body) => string | undefined): Targets {
  const source = targets.kind === 'named' ? targets.names[0] : undefined
  if (source === undefined) return targets
  const name = destined(source, body)
  if (name === undefined) return unresolved('the body does not say where the repository goes')
  return { kind: 'named', names: [...new Set([source, name])] }
}

function withRecordedRepository(targets: Targets, body: Body): Targets {
  const [owner] = targets.kind === 'named' ? targets.names : []
  const { github_repository: repository, ...rest } = body
  if (owner === undefined || namesRepositories(rest)) return unresolved('the body names several repositories')
  const name = destination(owner, repository)
  return name === undefined ? unresolved('the body does not name its repository') : { kind: 'named', names: [owner, name] }
}

/** Depth is bounded by the body's own parser. */
function namesRepositories(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesRepositories)
  return Object.entries(asObject(value)).some(([key, inner]) => {
    if (NAMES_REPOSITORIES.test(key) && namesSomething(key, inner)) return true
    return namesRepositories(inner)
  })
}

/** A list or a number names repositories; text does only under a key that is no setting (`default_repository_permission`). */
function namesSomething(key: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'number' || (typeof value === 'string' && /^(?:github_)?repo(?:sitory)?(?:_(?:id|name|nwo))?$/i.test(key))
}

function destination(owner: unknown, name: unknown): string | undefined {
  if (typeof owner !== 'string' || typeof name !== 'string') return undefined
  return REPOSITORY_NAME.test(owner) && REPOSITORY_NAME.test(name) ? `${owner}/${name}`.toLowerCase() : undefined
}

function asObject(value: unknown): Body {
  return typeof value === 'object' && value !== null ? (value as Body) : {}
}

function ownerOf(target: string): string {
  return target.slice(0, target.indexOf('/'))
}

function nameOf(target: string): string {
  return target.slice(target.indexOf('/') + 1)
}
