import type { InspectedBody } from '../../http/body.ts'
import { routeMethodOf, type CanonicalRequest } from '../../http/request.ts'
import { isDenial } from '../../model/denial.ts'
import type { Operation } from '../../model/operation.ts'
import type { Catalogue } from '../integration.ts'
import { PathTrie, type PathMatch } from '../matching/path-trie.ts'
import type { DescribedRoute } from './described-route.ts'

/** What the catalogue is made of. */
export interface RoutesCatalogueOptions {
  readonly integration: string
  readonly routes: readonly DescribedRoute[]
  /** The client could bring a credential in a JSON body, too: every such body is then looked at. */
  readonly inspectsJson: boolean
  /** Gives the targets, in the form in which they are compared. */
  targetsOf(
    route: DescribedRoute, request: CanonicalRequest, parameters: Readonly<Record<string, string>>, body: InspectedBody | undefined,
  ): Operation['targets']
}

/** @throws TypeError where two routes have the same method and shape */
export function routesCatalogue({ integration, routes, inspectsJson, targetsOf }: RoutesCatalogueOptions): Catalogue {
  const trie = new PathTrie<DescribedRoute>()
  for (const route of routes) trie.add(route.method, route.template, route)

  /** Without a query and a body, what it is follows from the match alone. */
  const ofMatch = new WeakMap<PathMatch<DescribedRoute>, Operation>()

  function operationOf(found: PathMatch<DescribedRoute>, request: CanonicalRequest, body: InspectedBody | undefined): Operation {
    if (request.query !== undefined || body !== undefined) return describe(found, request, body)
    const known = ofMatch.get(found)
    if (known !== undefined) return known
    const operation = describe(found, request, undefined)
    ofMatch.set(found, operation)
    return operation
  }

  function describe(found: PathMatch<DescribedRoute>, request: CanonicalRequest, body: InspectedBody | undefined): Operation {
    const { value: route, parameters } = found
    return {
      integration,
      name: route.options.route,
      access: route.options.access,
      alternatives: route.alternatives,
      targets: targetsOf(route, request, parameters, body),
      parameters,
    }
  }

  return {
    knowsWebSockets: true,
    match(request) {
      const found = matchOf(trie, request)
      if (isDenial(found)) return found
      const inspects = found.value.readsBody || (inspectsJson && hasJson(request))
      return {
        operation: operationOf(found, request, undefined),
        inspect: inspects ? (body) => operationOf(found, request, body) : undefined,
      }
    },
  }
}

/** HEAD is GET without the answer's content (RFC 9110 section 9.3.2), and needs no route of its own. */
function matchOf(trie: PathTrie<DescribedRoute>, request: CanonicalRequest): ReturnType<PathTrie<DescribedRoute>['match']> {
  const { path } = request
  const method = routeMethodOf(request)
  const found = trie.match(method, path)
  return method === 'HEAD' && isDenial(found) && found.denial === 'operation_unknown' ? trie.match('GET', path) : found
}

function hasJson({ contentType, framing }: CanonicalRequest): boolean {
  return framing.kind !== 'none' && contentType !== undefined && /^application\/(?:[^;]+\+)?json$/.test(contentType)
}
