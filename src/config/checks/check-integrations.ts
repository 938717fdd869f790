import { placementProblem } from '../../integrations/placement-problem.ts'
import { describeRoute } from '../../integrations/routes/described-route.ts'
import type { YamlPath } from '../../lib/yaml-document.ts'
import { githubUploads } from '../github-uploads.ts'
import type { OriginConfig } from '../origin.ts'
import type { ConfigText, IntegrationText } from '../schema/config-schema.ts'
import type { Check, Finding } from './check.ts'

interface PlacedOrigin extends OriginConfig {
  readonly integration: string
  readonly at: YamlPath
}

/** Which credential a host gets must never be a question. */
export const checkOriginsUnique: Check = function* ({ integrations }) {
  const served = new Map<string, string>()
  for (const { host, port, integration, at } of originsOf(integrations)) {
    const key = `${host}:${port}`
    const before = served.get(key)
    if (before !== undefined && before !== integration) {
      yield { at, problem: `${key} is served by the integration ${before} already`, expected: 'one integration for each host and port' }
    }
    served.set(key, before ?? integration)
  }
}

/** A credential that crosses the network readable is everybody's. */
export const checkOriginsEncrypted: Check = function* ({ integrations }) {
  for (const { scheme, integration, at } of originsOf(integrations)) {
    if (scheme === 'https' || integrations[integration]?.unsafe_allow_plaintext === true) continue
    yield {
      at, problem: 'the credential would be sent without TLS',
      expected: 'an origin with `https://`, or `unsafe_allow_plaintext: true` for this integration',
    }
  }
}

/** The interception CA makes a leaf for just these names: a subdomain, which its constraint would permit, is refused like any other. */
export const checkCaHosts: Check = function* ({ integrations, ca }) {
  const missing = new Set<string>()
  for (const { scheme, host, at } of originsOf(integrations)) {
    if (scheme === 'http' || ca.hosts.includes(host) || missing.has(host)) continue
    missing.add(host)
    yield { at, problem: `\`ca.hosts\` does not cover ${host}`, expected: `\`${host}\` in \`ca.hosts\`` }
  }
}

/** Routes and placements, by the rules of the integration itself. */
export const checkRoutes: Check = function* ({ integrations }) {
  for (const [name, integration] of Object.entries(integrations)) {
    if (integration.type !== 'routes' && integration.type !== 'mcp') continue
    const at = ['integrations', name]
    const wrong = integration.credential === 'none' ? undefined : placementProblem(integration.credential.placement)
    if (wrong !== undefined) yield { at: [...at, 'credential', 'placement'], ...wrong }
    if (integration.type === 'mcp') continue
    for (const [index, route] of integration.routes.entries()) yield* routeFindings(route, [...at, 'routes', index])
  }
}

/** Repositories stand at the root of git's host: beside an API that stands there too, nobody could tell which is meant. */
export const checkGitOrigin: Check = function* ({ integrations }) {
  for (const [name, integration] of Object.entries(integrations)) {
    if (integration.type !== 'github' || integration.git_origin === undefined) continue
    const { git_origin: git, origin, uploads_origin: uploads } = integration
    const at = ['integrations', name, 'git_origin']
    if (git.basePath !== '') yield { at, problem: 'git’s host has no path', expected: 'an origin alone, such as `https://github.com`' }
    const atItsRoot = ({ host, port, basePath }: OriginConfig): boolean => basePath === '' && host === git.host && port === git.port
    if (![origin, githubUploads(origin, uploads)].some((api) => api !== undefined && atItsRoot(api))) continue
    yield { at, problem: 'the API is served at this host, at its root', expected: 'the host that repositories are cloned from, such as `https://github.com`' }
  }
}

/** Slack's connection begins with one token: which one tells whether the app rotates. */
export const checkSlackTokens: Check = function* ({ integrations }) {
  for (const [name, integration] of Object.entries(integrations)) {
    if (integration.type !== 'slack') continue
    const { access, refresh } = integration.tokens
    if (access === undefined && refresh === undefined && integration.user_scopes !== undefined) continue
    if ((access === undefined) !== (refresh === undefined)) continue
    const problem = access === undefined ? 'there is no token' : 'there are two, and only the refresh token would be used'
    yield { at: ['integrations', name, 'tokens'], problem, expected: '`refresh` for an app with token rotation, `access` for one without' }
  }
}

/** Credentials for a parent that does not exist are a mistake. */
export const checkParentProxy: Check = function* ({ integrations }) {
  for (const [name, { connect }] of Object.entries(integrations)) {
    if (connect.via_proxy_credentials === undefined || connect.via_proxy !== undefined) continue
    yield { at: ['integrations', name, 'connect', 'via_proxy_credentials'], problem: 'there is no parent proxy', expected: '`via_proxy` beside it' }
  }
}

type RouteText = Extract<IntegrationText, { readonly type: 'routes' }>['routes'][number]

function* routeFindings(route: RouteText, at: YamlPath): Iterable<Finding> {
  try {
    describeRoute(route)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const expected = 'a method and a path such as `POST /v1/tickets/{id}/comments`, with targets it can tell'
    yield { at: [...at, 'route'], problem: error.message, expected }
  }
}

function* originsOf(integrations: ConfigText['integrations']): Iterable<PlacedOrigin> {
  for (const [name, integration] of Object.entries(integrations)) {
    const at = ['integrations', name]
    yield { ...integration.origin, integration: name, at: [...at, 'origin'] }
    for (const [origin, ...key] of furtherOrigins(integration)) yield { ...origin, integration: name, at: [...at, ...key] }
  }
}

function furtherOrigins(integration: IntegrationText): readonly (readonly [OriginConfig, ...YamlPath])[] {
  switch (integration.type) {
    case 'github': {
      const uploads = githubUploads(integration.origin, integration.uploads_origin)
      const { git_origin: git } = integration
      return [
        ...(uploads === undefined ? [] : [[uploads, 'uploads_origin'] as const]),
        ...(git === undefined ? [] : [[git, 'git_origin'] as const]),
      ]
    }
    case 'slack': return [[integration.uploads_origin, 'uploads_origin']]
    case 'mcp': return []
    case 'routes': return integration.more_origins.map((origin, index) => [origin, 'more_origins', index])
  }
}
