import type { ConnectConfig, GithubConfig, IntegrationConfig, RoutesConfig, SlackConfig } from '../../config/config.ts'
import { addressGuard, type OwnListener } from '../../egress/address-guard.ts'
import { systemResolve, type DialSettings, type Resolve } from '../../egress/dial.ts'
import { upstreamHttp } from '../../egress/upstream-http.ts'
import { githubIntegration } from '../../integrations/github/github.ts'
import { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Integration, Origin } from '../../integrations/integration.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import { routesIntegration } from '../../integrations/routes/routes-integration.ts'
import { slackIntegration } from '../../integrations/slack/slack-integration.ts'
import { staticIssuer } from '../../integrations/static/static-issuer.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/ports/store.ts'

/** Every configured upstream, from all three sides: what its requests mean, where its credentials come from, how it is dialled. */
export interface Upstreams {
  readonly index: IntegrationIndex
  readonly issuers: ReadonlyMap<string, Issuer>
  dialSettings(integration: string): DialSettings
  close(): Promise<void>
}

export interface UpstreamDependencies {
  readonly clock: Clock
  /** Undefined only where nothing is issued: policy tests and lint. */
  readonly store: Pick<Store, 'connections'>
  readonly ownListeners: () => readonly OwnListener[]
  readonly resolve?: Resolve
  onReauthRequired(notice: { readonly connection: string; readonly integration: string; readonly reason: string }): void
}

const ISSUER_HTTP = { maxBodyBytes: 1_048_576, timeoutMs: 10_000 }

/** One integration as built from its configuration. */
interface Built {
  readonly integration: Integration
  /** Absent where the upstream takes no credential. */
  readonly issuer: Issuer | undefined
  /** Resolves once nothing is under way that must not be cut off: a rotation whose successor is not yet stored. */
  idle?(): Promise<void>
}

/** Builds the configured integrations; the only place that knows every kind. */
export function buildUpstreams(configs: readonly IntegrationConfig[], deps: UpstreamDependencies): Upstreams {
  const settings = new Map(configs.map((config) => [config.name, dialSettingsOf(config.connect, deps)]))
  const clients = configs.map((config) => upstreamHttp({ dial: settingsFor(config.name), ...ISSUER_HTTP }))
  const built = configs.map((config, at) => build(config, (clients[at] as (typeof clients)[number]).send, deps))
  const issuers = new Map(built.flatMap(({ integration, issuer }) => (issuer === undefined ? [] : [[integration.name, issuer] as const])))

  function settingsFor(name: string): DialSettings {
    const found = settings.get(name)
    if (found === undefined) throw new TypeError(`no integration is named ${name}`)
    return found
  }

  return {
    index: new IntegrationIndex(built.map(({ integration }) => integration)),
    issuers,
    dialSettings: settingsFor,
    close: async () => {
      await Promise.all(built.map((one) => one.idle?.()))
      await Promise.all(clients.map((client) => client.close()))
    },
  }
}

/** How an upstream is dialled; also for a key set's URL and, without settings, for a tunnel. */
export function dialSettingsOf(connect: ConnectConfig | undefined, deps: Pick<UpstreamDependencies, 'ownListeners' | 'resolve'>): DialSettings {
  const certificate = connect?.clientCertificate
  return {
    guard: addressGuard(connect?.allowAddresses ?? [], deps.ownListeners),
    resolve: deps.resolve ?? systemResolve,
    address: connect?.address,
    viaProxy: connect?.viaProxy,
    ca: connect?.caPem,
    clientCertificate: certificate === undefined ? undefined : { certificatePem: certificate.certificatePem, key: certificate.key },
    connectTimeoutMs: connect?.timeoutMs ?? 10_000,
  }
}

function build(config: IntegrationConfig, http: UpstreamHttp, deps: UpstreamDependencies): Built {
  switch (config.type) {
    case 'github':
      return buildGithub(config, http, deps)
    case 'slack':
      return buildSlack(config, http, deps)
    case 'routes':
      return buildRoutes(config)
  }
}

function buildGithub(config: GithubConfig, http: UpstreamHttp, { clock }: UpstreamDependencies): Built {
  return githubIntegration({ name: config.name, api: config.origin, uploads: config.uploadsOrigin, app: config.app, http, clock })
}

function buildSlack(config: SlackConfig, http: UpstreamHttp, deps: UpstreamDependencies): Built {
  const { access, refresh } = config.tokens
  const credential = refresh === undefined
    ? { botToken: needed(access, config.name) }
    : { clientId: config.clientId, clientSecret: config.clientSecret, refreshToken: refresh }
  return slackIntegration({
    name: config.name,
    credential,
    origins: { api: config.origin, upload: config.uploadsOrigin },
    store: deps.store,
    http,
    onReauthRequired: (notice) => deps.onReauthRequired(notice),
    clock: deps.clock,
  })
}

function buildRoutes(config: RoutesConfig): Built {
  const origins: readonly Origin[] = [config.origin, ...config.moreOrigins]
  const { credential } = config
  const integration = routesIntegration({
    name: config.name,
    origins,
    routes: config.routes,
    credential: credential === 'none' ? 'none' : { placement: credential.placement },
    credentialFields: config.credentialFields,
    exactScopes: config.exactScopes,
    foldTargetCase: config.foldTargetCase,
  })
  return { integration, issuer: credential === 'none' ? undefined : staticIssuer(credential) }
}

function needed<T>(value: T | undefined, integration: string): T {
  if (value === undefined) throw new TypeError(`the integration ${integration} has neither an access nor a refresh token`)
  return value
}
