import type { AuditLog } from '../../audit/log.ts'
import { connectUrl } from '../../authority/connections/connect-url.ts'
import { createConnectionDesk, type OpenConnectionDesk } from '../../authority/connections/connection-desk.ts'
import type { GithubConfig, IntegrationConfig, McpConfig, RoutesConfig, SlackConfig } from '../../config/config.ts'
import type { DialSettings } from '../../egress/dial.ts'
import { githubAppIssuer } from '../../integrations/github/github.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import { oauth2Issuer } from '../../integrations/oauth2/oauth2-issuer.ts'
import type { PersonAccessOptions } from '../../integrations/person-access.ts'
import { slackBotIssuer } from '../../integrations/slack/slack-integration.ts'
import { staticIssuer } from '../../integrations/static/static-issuer.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Store } from '../../store/ports/store.ts'
import { Misconfigured } from '../misconfigured.ts'
import { dialSettingsOf, OwnHttp, type DialDependencies } from './dial-settings.ts'
import { peopleOauth, titleOf } from './people-oauth.ts'

/** Every configured upstream, from all three sides: what its requests mean, where its credentials come from, how it is dialled. */
export interface Upstreams {
  readonly index: IntegrationIndex
  readonly issuers: ReadonlyMap<string, Issuer>
  /** How people connect their accounts, by integration. */
  readonly oauth: ReadonlyMap<string, UpstreamOauth>
  /** The connections of people. */
  readonly connections: OpenConnectionDesk
  dialSettings(integration: string): DialSettings
  close(): Promise<void>
}

export interface UpstreamDependencies extends DialDependencies {
  readonly clock: Clock
  readonly timers: Timers
  readonly store: Pick<Store, 'connections'>
  readonly audit: AuditLog
  /** The authority's origin, where people connect; undefined without one. */
  readonly authorityUrl: string | undefined
  onReauthRequired(notice: { readonly connection: string; readonly integration: string; readonly reason: string }): void
}

/** Where one integration's credentials come from. */
interface Source {
  /** Absent where the upstream takes no credential. */
  readonly issuer: Issuer | undefined
  /** Resolves once nothing is under way that must not be cut off: a rotation whose successor is not yet stored. */
  idle?(): Promise<void>
}

/**
 * Builds the way to every configured upstream.
 * @param index what their requests mean
 * @throws Misconfigured where an integration's credentials cannot be used
 */
export function buildUpstreams(configs: readonly IntegrationConfig[], index: IntegrationIndex, deps: UpstreamDependencies): Upstreams {
  const settings = new Map(configs.map((config) => [config.name, dialSettingsOf(config.connect, deps)]))
  const own = new OwnHttp(deps)
  const clients = new Map(configs.map(({ name, connect }) => [name, own.client(connect)]))
  const oauth = peopleOauth(configs, { own, clock: deps.clock, http: send })
  const connections = createConnectionDesk({ ...deps, connections: deps.store.connections, oauth })
  const sources = new Map(configs.map((config) => [config.name, usable(config, () => sourceOf(config, send(config.name), { ...deps, connections }))]))
  const issuers = new Map([...sources].flatMap(([name, { issuer }]) => (issuer === undefined ? [] : [[name, issuer] as const])))

  function send(name: string): UpstreamHttp {
    const client = clients.get(name)
    if (client === undefined) throw new TypeError(`no integration is named ${name}`)
    return client
  }

  function settingsFor(name: string): DialSettings {
    const found = settings.get(name)
    if (found === undefined) throw new TypeError(`no integration is named ${name}`)
    return found
  }

  return {
    index,
    issuers,
    oauth,
    connections,
    dialSettings: settingsFor,
    close: async () => {
      await Promise.all([connections.idle(), ...[...sources.values()].map((one) => one.idle?.())])
      await own.close()
    },
  }
}

type SourceDependencies = UpstreamDependencies & { readonly connections: OpenConnectionDesk }

function sourceOf(config: IntegrationConfig, http: UpstreamHttp, deps: SourceDependencies): Source {
  switch (config.type) {
    case 'github': return { issuer: githubSource(config, http, deps) }
    case 'slack': return slackSource(config, http, deps)
    case 'routes':
    case 'mcp': return { issuer: describedSource(config, deps) }
  }
}

function githubSource({ name, origin, uploadsOrigin, app, oauth }: GithubConfig, http: UpstreamHttp, deps: SourceDependencies): Issuer {
  const people = oauth === undefined ? undefined : { ...peopleOf(name, 'GitHub', deps), client: { clientId: oauth.clientId, clientSecret: oauth.clientSecret } }
  return githubAppIssuer({ name, api: origin, uploads: uploadsOrigin, app, people, http, clock: deps.clock })
}

function slackSource({ name, origin, uploadsOrigin, tokens, ...config }: SlackConfig, http: UpstreamHttp, deps: SourceDependencies): Source {
  const { access, refresh } = tokens
  const rotating = refresh === undefined ? undefined : { clientId: config.clientId, clientSecret: config.clientSecret, refreshToken: refresh }
  return slackBotIssuer({
    name,
    credential: rotating ?? (access === undefined ? undefined : { botToken: access }),
    people: config.userScopes === undefined ? undefined : peopleOf(name, 'Slack', deps),
    origins: { api: origin, upload: uploadsOrigin },
    store: deps.store,
    http,
    onReauthRequired: (notice) => deps.onReauthRequired(notice),
    clock: deps.clock,
  })
}

function describedSource({ name, type, credential }: RoutesConfig | McpConfig, deps: SourceDependencies): Issuer | undefined {
  if (credential === 'none') return undefined
  if ('secret' in credential) return staticIssuer(credential)
  const { placement, oauth } = credential
  // Where the upstream is asked for no scopes, those of policy are words of the configuration's own; an MCP server's are Postern's.
  return oauth2Issuer({ placement, people: peopleOf(name, titleOf(name), deps), scopesAreUpstreams: type === 'routes' && oauth.scopes.length > 0, clock: deps.clock })
}

function peopleOf(name: string, title: string, { connections, authorityUrl }: SourceDependencies): PersonAccessOptions {
  return { users: connections, title, connectUrl: authorityUrl === undefined ? undefined : connectUrl(authorityUrl, name) }
}

/** The sentence names the integration: there may be several of a kind. */
function usable<T>({ name }: IntegrationConfig, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Misconfigured(`the integration ${name} cannot be used: ${error.message}`, { cause: error })
  }
}
