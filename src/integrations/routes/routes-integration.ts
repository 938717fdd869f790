import { problemAnswer } from '../../http/problem.ts'
import type { Placement } from '../../model/credential.ts'
import type { Integration, OperationFacts, Origin } from '../integration.ts'
import { describeRoute, type DescribedRoute } from './described-route.ts'
import type { RouteOptions } from './route-options.ts'
import { routeTargets } from './route-targets.ts'
import { routesCatalogue } from './routes-catalogue.ts'
import { routesVocabulary } from './routes-vocabulary.ts'

/** An upstream as the configuration describes it. */
export interface RoutesIntegrationOptions {
  readonly name: string
  readonly origins: readonly Origin[]
  readonly routes: readonly RouteOptions[]
  /** `none` only where the configuration says so in words. */
  readonly credential: { readonly placement: Placement } | 'none'
  /** Names under which the upstream would take a credential in query or body; undefined for the usual ones. */
  readonly credentialFields: readonly string[] | undefined
  readonly exactScopes: boolean
  readonly foldTargetCase: boolean
}

/** RFC 6750 sections 2.2 and 2.3. */
const USUAL_FIELDS: readonly string[] = ['access_token']

/**
 * An upstream that is described in configuration alone: routes with their access, scopes and targets. What no route matches is unknown.
 * @throws TypeError that says what is wrong with which route
 */
export function routesIntegration(options: RoutesIntegrationOptions): Integration {
  const routes = options.routes.map(describeRoute)
  const vocabulary = routesVocabulary({ ...options, operations: routes.map(factsOf) })
  return {
    name: options.name,
    origins: options.origins,
    catalogue: routesCatalogue({
      integration: options.name,
      routes,
      inspectsJson: options.credentialFields !== undefined && options.credentialFields.length > 0,
      targetsOf: (route, { query }, parameters, body) => routeTargets(route.targets, { parameters, query, body }, vocabulary.canonicalTarget),
    }),
    vocabulary,
    denialAnswer: (view) => problemAnswer(view, 'origin'),
    credentialFields: fieldsOf(options),
    ...(options.credential === 'none' ? { credential: 'none' } : {}),
  }
}

function factsOf({ options, alternatives }: DescribedRoute): OperationFacts {
  return { name: options.route, access: options.access, alternatives }
}

function fieldsOf({ credential, credentialFields }: RoutesIntegrationOptions): readonly string[] {
  const ours = credential !== 'none' && credential.placement.in === 'query' ? [credential.placement.name] : []
  return [...new Set([...(credentialFields ?? USUAL_FIELDS), ...ours].map((name) => name.toLowerCase()))]
}
