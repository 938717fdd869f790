import type { ConnectConfig, IntegrationConfig, SlackConfig } from '../../config/config.ts'
import { addressGuard, type OwnListener } from '../../egress/address-guard.ts'
import { systemResolve, type DialSettings, type Resolve } from '../../egress/dial.ts'
import { upstreamHttp } from '../../egress/upstream-http.ts'
import { githubAppIssuer } from '../../integrations/github/github.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import { slackBotIssuer } from '../../integrations/slack/slack-integration.ts'
import { staticIssuer } from '../../integrations/static/static-issuer.ts'
import type { UpstreamHttp } from '../../integrations/upstream-http.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/ports/store.ts'
import { Misconfigured } from '../misconfigured.ts'

/** Every configured upstream, from all three sides: what its requests mean, where its credentials come from, how it is dialled. */
export interface Upstreams {
  readonly index: IntegrationIndex
  readonly issuers: ReadonlyMap<string, Issuer>
  dialSettings(integration: string): DialSettings
  close(): Promise<void>
}

export interface UpstreamDependencies {
  readonly clock: Clock
  readonly store: Pick<Store, 'connections'>
  readonly ownListeners: () => readonly OwnListener[]
  readonly resolve?: Resolve
  onReauthRequired(notice: { readonly connection: string; readonly integration: string; readonly reason: string }): void
}

const ISSUER_HTTP = { maxBodyBytes: 1_048_576, timeoutMs: 10_000 }

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
  const clients = new Map(configs.map(({ name }) => [name, upstreamHttp({ dial: settingsFor(name), ...ISSUER_HTTP })]))
  const sources = new Map(configs.map((config) => [config.name, usable(config, () => sourceOf(config, send(config.name), deps))]))
  const issuers = new Map([...sources].flatMap(([name, { issuer }]) => (issuer === undefined ? [] : [[name, issuer] as const])))

  function send(name: string): UpstreamHttp {
    return (request, signal) => {
      const client = clients.get(name)
      if (client === undefined) throw new TypeError(`no integration is named ${name}`)
      return client.send(request, signal)
    }
  }

  function settingsFor(name: string): DialSettings {
    const found = settings.get(name)
    if (found === undefined) throw new TypeError(`no integration is named ${name}`)
    return found
  }

  return {
    index,
    issuers,
    dialSettings: settingsFor,
    close: async () => {
      await Promise.all([...sources.values()].map((one) => one.idle?.()))
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}

/** How an upstream is dialled; a key set's URL and a tunnel, too. */
export function dialSettingsOf(connect: ConnectConfig, deps: Pick<UpstreamDependencies, 'ownListeners' | 'resolve'>): DialSettings {
  const certificate = connect.clientCertificate
  return {
    guard: addressGuard(connect.allowAddresses, deps.ownListeners),
    resolve: deps.resolve ?? systemResolve,
    address: connect.address,
    viaProxy: connect.viaProxy,
    ca: connect.caPem,
    clientCertificate: certificate === undefined ? undefined : { certificatePem: certificate.certificatePem, key: certificate.key },
    connectTimeoutMs: connect.timeoutMs,
  }
}

function sourceOf(config: IntegrationConfig, http: UpstreamHttp, deps: UpstreamDependencies): Source {
  switch (config.type) {
    case 'github':
      return { issuer: githubAppIssuer({ name: config.name, api: config.origin, uploads: config.uploadsOrigin, app: config.app, http, clock: deps.clock }) }
    case 'slack':
      return slackSource(config, http, deps)
    case 'routes':
      return { issuer: config.credential === 'none' ? undefined : staticIssuer(config.credential) }
  }
}

function slackSource(config: SlackConfig, http: UpstreamHttp, deps: UpstreamDependencies): Source {
  const { access, refresh } = config.tokens
  const credential = refresh === undefined
    ? { botToken: needed(access, config.name) }
    : { clientId: config.clientId, clientSecret: config.clientSecret, refreshToken: refresh }
  return slackBotIssuer({
    name: config.name,
    credential,
    origins: { api: config.origin, upload: config.uploadsOrigin },
    store: deps.store,
    http,
    onReauthRequired: (notice) => deps.onReauthRequired(notice),
    clock: deps.clock,
  })
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

function needed<T>(value: T | undefined, integration: string): T {
  if (value === undefined) throw new TypeError(`the integration ${integration} has neither an access nor a refresh token`)
  return value
}
