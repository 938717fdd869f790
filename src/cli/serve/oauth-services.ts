import type { AuditLog } from '../../audit/log.ts'
import { exchangeGrant } from '../../authority/exchange/exchange-grant.ts'
import { ExchangeService } from '../../authority/exchange/exchange-service.ts'
import { Releaser } from '../../authority/exchange/releaser.ts'
import { SessionSecretService } from '../../authority/exchange/session-secret-service.ts'
import { createStandInSigner } from '../../authority/exchange/stand-in-signer.ts'
import { createSubjectReader } from '../../authority/exchange/subject-reader.ts'
import { clientIdOf } from '../../authority/oauth/client-identity.ts'
import { DenialDigest } from '../../authority/oauth/denial-digest.ts'
import type { OauthAgents } from '../../authority/oauth/oauth-dependencies.ts'
import { createOauthServer, type OauthServer } from '../../authority/oauth/oauth-server.ts'
import { errorPage } from '../../authority/pages/error-page.ts'
import type { AuthorityConfig } from '../../config/config.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { AgentId } from '../../model/ids.ts'
import type { ConnectionDesk } from '../../authority/connections/contract.ts'
import type { WatchedPolicies } from '../../policy/watch.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ControlPlane } from './control-plane.ts'
import type { DelegationServices } from './delegation-services.ts'
import type { OwnHttp } from './dial-settings.ts'

export interface OauthServicesOptions {
  readonly config: AuthorityConfig
  readonly url: string
  readonly plane: ControlPlane
  readonly services: DelegationServices
  readonly store: Store
  readonly integrations: IntegrationIndex
  readonly connections: ConnectionDesk
  readonly policies: WatchedPolicies
  readonly own: OwnHttp
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  /** Where the proxy serves an integration. */
  baseUrl(integration: string): string
  readonly agents: OauthAgents
  report(error: unknown): void
}

/** Starts the OAuth server with token exchange on it. @throws StoreError where its keys cannot be read or made */
export async function startOauth(options: OauthServicesOptions): Promise<OauthServer> {
  const { config, url, services, store, integrations, policies, own, audit, clock, timers, report } = options
  const server = await createOauthServer({
    issuer: url,
    lifetimes: config.lifetimes,
    audiences: config.audiences,
    resourceServers: config.resourceServers,
    metadataHosts: config.clientMetadata.hosts,
    clientCertificates: config.tls?.clientCaPem !== undefined && !config.behindProxy,
    shortLived: store.shortLived,
    keyring: store.keyring,
    changes: store.changes,
    agents: options.agents,
    desk: services.desk,
    personName: async (id) => (await store.people.get(id))?.name,
    endReplayedSession: async (session) => {
      await services.ending.session(session, 'revoked', { by: 'system', reason: 'a code or refresh token of it was shown by two' })
    },
    words: (integration) => integrations.byName(integration)?.vocabulary,
    mayActForItself: (agent) => policies.snapshot.actsForItself(agent),
    audit,
    clock,
    timers,
    http: own.client(config.clientMetadata.connect),
    renderError: async (_request, { description }) => (await errorPage({ title: 'This request cannot be answered', text: description })).toString(),
    onError: report,
  })
  services.useTokens(server.issuedTokens)
  registerExchange(server, options)
  return server
}

function registerExchange(server: OauthServer, options: OauthServicesOptions): void {
  const { config, url, plane, services, integrations, connections, policies, audit, clock, timers } = options
  const { registry, credentials, links } = plane
  const subjects = createSubjectReader({
    issuer: url, jwks: () => jwksOf(server), desk: services.desk, directory: registry, revocations: registry, clock,
    resourcesOf: resourcesOf(config),
  })
  const exchange = new ExchangeService({
    integrations,
    subjects,
    judge: {
      judge: ({ agent, delegation }, integration, scope, targets) => {
        const question = { agent, person: delegation.person, groups: delegation.standing?.groups ?? [], integration, scope, targets: targets.length === 0 ? ['**'] : targets }
        const { snapshot } = policies
        const preview = snapshot.preview(question)
        return { ...preview, layer: preview.layer ?? 'agent_permissions', lent: snapshot.lends(question) }
      },
    },
    connections,
    links,
    signer: createStandInSigner({ issuer: url, key: () => Promise.resolve(server.signingKey()), clock, clientId: (agent) => clientIdOf(agent as AgentId) }),
    releaser: new Releaser({ snapshot: () => policies.snapshot, issue: (order, signal) => credentials.credential(order, signal), clock }),
    audit,
    unproven: new DenialDigest(audit, timers),
    clock,
    standInMs: config.lifetimes.standInTokenMs,
    baseUrl: (integration) => options.baseUrl(integration),
  })
  server.registerGrantType(exchangeGrant(exchange, new SessionSecretService({ subjects, desk: services.desk, audit, clock })))
}

/** The addresses at which an agent is a protected resource itself. */
export function resourcesOf({ resourceServers }: Pick<AuthorityConfig, 'resourceServers'>): (agent: AgentId) => readonly string[] {
  return (agent) => resourceServers.filter((server) => server.agent === agent).map(({ resource }) => resource)
}

/** Our public keys in the form that verifiers take. */
export function jwksOf(server: OauthServer): { keys: { kty: string; [member: string]: string }[] } {
  return { keys: server.verification.jwks().keys.map((key) => ({ ...key })) }
}
