import type { CanonicalRequest } from '../../http/request.ts'
import type { Denial } from '../../model/denial.ts'
import { deny, isDenial } from '../../model/denial.ts'
import type { Operation, Targets } from '../../model/operation.ts'
import type { Catalogue, Match } from '../integration.ts'
import { parseTemplate } from '../matching/path-template.ts'
import type { PathMatch } from '../matching/path-trie.ts'
import { PathTrie } from '../matching/path-trie.ts'
import type { BodyTargets } from './body-targets.ts'
import { bodyTargets } from './body-targets.ts'
import type { Endpoint } from './endpoint.ts'
import { ENDPOINTS } from './endpoint.ts'
import { matchGraphql } from './graphql/graphql-catalogue.ts'
import { parameterKind, pathsToMatch } from './parameter-kinds.ts'
import { pathTargets } from './path-targets.ts'
import { alternativesByMediaType } from './pull-media-type.ts'
import { isWorkflowPath } from './workflow-path.ts'

/** Where and under which name the catalogue serves. */
export interface CatalogueOptions {
  readonly integration: string
  /** `/api/v3` of an Enterprise Server, '' for api.github.com: part of every path that is matched. */
  readonly apiPrefix: string
  /** Serves release-asset uploads and nothing else; its own prefix is `/api/uploads` on an Enterprise Server. */
  readonly uploads: { readonly host: string; readonly prefix: string } | undefined
}

interface Entry {
  readonly endpoint: Endpoint
  readonly bodyTargets: BodyTargets | undefined
}

const UPLOAD = 'POST /repos/{owner}/{repo}/releases/{release_id}/assets'
const trie = buildTrie()

/** GitHub's REST API, and its GraphQL API (`graphql/`); git over HTTPS (`git/`) is no operation of it. */
export function githubCatalogue(options: CatalogueOptions): Catalogue {
  return { match: (request) => match(options, request) }
}

function buildTrie(): PathTrie<Entry> {
  const built = new PathTrie<Entry>()
  for (const endpoint of ENDPOINTS.values()) {
    const entry = { endpoint, bodyTargets: bodyTargets(endpoint.name) }
    for (const path of pathsToMatch(endpoint.path)) {
      built.add(endpoint.method, parseTemplate(path, (parameter) => parameterKind(path, parameter)), entry)
    }
  }
  return built
}

function match(options: CatalogueOptions, request: CanonicalRequest): Match | Denial {
  if (isGraphqlPath(options, request)) return matchGraphql(options.integration, request)
  const path = apiPath(options, request)
  if (path === undefined) return deny('operation_unknown', 'the path is not below the API of this host')
  // GitHub answers HEAD wherever it answers GET, and asks for the same permission.
  const found = trie.match(request.method === 'HEAD' ? 'GET' : request.method, path)
  if (isDenial(found)) return found
  if (isUploadHost(options, request) && found.value.endpoint.name !== UPLOAD) {
    return deny('operation_unknown', 'the uploads host serves release assets only')
  }
  return matchOf(options.integration, request, found)
}

function matchOf(integration: string, request: CanonicalRequest, found: PathMatch<Entry>): Match | Denial {
  const { endpoint, bodyTargets: fromBody } = found.value
  const targets = pathTargets(endpoint.path, found.parameters)
  if ('denial' in targets) return targets
  const operation = operationOf(integration, request, endpoint, found.parameters, targets)
  if (fromBody === undefined) return { operation, inspect: undefined }
  return { operation, inspect: (body) => ({ ...operation, targets: fromBody(targets, body.value) }) }
}

function operationOf(
  integration: string,
  request: CanonicalRequest,
  endpoint: Endpoint,
  parameters: Readonly<Record<string, string>>,
  targets: Targets,
): Operation {
  const onWorkflowFile = isWorkflowPath(parameters['path'] ?? '') ? endpoint.onWorkflowFile : undefined
  const alternatives = onWorkflowFile ?? alternativesByMediaType(endpoint.name, request.headers) ?? endpoint.alternatives
  return { integration, name: endpoint.name, access: endpoint.access, alternatives, targets, parameters }
}

/** `/graphql`, and `/api/graphql` beside the `/api/v3` of an Enterprise Server. */
function isGraphqlPath(options: CatalogueOptions, request: CanonicalRequest): boolean {
  return !isUploadHost(options, request) && request.path === `${options.apiPrefix.replace(/\/v3$/, '')}/graphql`
}

function isUploadHost(options: CatalogueOptions, request: CanonicalRequest): boolean {
  const { uploads } = options
  return uploads !== undefined && request.host === uploads.host && (uploads.prefix === '' || request.path.startsWith(`${uploads.prefix}/`))
}

function apiPath(options: CatalogueOptions, request: CanonicalRequest): string | undefined {
  const prefix = isUploadHost(options, request) ? (options.uploads?.prefix ?? '') : options.apiPrefix
  if (prefix === '') return request.path
  if (!request.path.startsWith(`${prefix}/`)) return undefined
  return request.path.slice(prefix.length)
}
