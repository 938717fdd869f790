import { Hono } from 'hono'
import type { AuditIndexer } from '../../audit/audit-indexer.ts'
import { ChainProofs } from '../../audit/chain-proofs.ts'
import { RecordFeed } from '../../audit/record-feed.ts'
import { adminRoutes } from '../../authority/admin/admin-routes.ts'
import { connectRoutes } from '../../authority/connections/connect-routes.ts'
import { connectUrl } from '../../authority/connections/connect-url.ts'
import type { ConsentForecast } from '../../authority/consent/contract.ts'
import { consentRoutes } from '../../authority/consent/consent-routes.ts'
import { deviceRoutes } from '../../authority/consent/device-routes.ts'
import { approvalPagesRoutes } from '../../authority/approval-pages/approval-pages-routes.ts'
import { dashboardRoutes } from '../../authority/dashboard/dashboard-routes.ts'
import { moreRoutes } from '../../authority/more/more-routes.ts'
import { loginRoutes } from '../../authority/login/login-routes.ts'
import type { OauthServer } from '../../authority/oauth/oauth-server.ts'
import { assetsRoutes } from '../../authority/pages/assets.ts'
import { errorPage } from '../../authority/pages/error-page.ts'
import { securityHeaders } from '../../authority/pages/security-headers.ts'
import { tokenStatusRoutes } from '../../authority/token-status/token-status-routes.ts'
import { mirroredStore } from '../../authority/registry/mirrored-store.ts'
import type { OauthAgents } from '../../authority/oauth/oauth-dependencies.ts'
import { requestReading } from '../../integrations/request-reading.ts'
import type { WatchedPolicies } from '../../policy/watch.ts'
import type { Store } from '../../store/ports/store.ts'
import { adminIntegrations } from './admin-integrations.ts'
import type { AuthorityOptions } from './authority-options.ts'
import { dashboardFiles } from './dashboard-files.ts'
import type { DelegationServices } from './delegation-services.ts'
import { jwksOf, resourcesOf } from './oauth-services.ts'
import type { PeopleServices } from './people-services.ts'
import { pageIntegrations } from './scope-words.ts'

export interface AuthorityAppOptions extends Omit<AuthorityOptions, 'started'> {
  readonly url: string
  readonly services: DelegationServices
  readonly people: PeopleServices
  /** The registered agents as OAuth clients. */
  readonly agents: OauthAgents
  readonly oauth: OauthServer
  readonly indexer: AuditIndexer
  report(error: unknown): void
}

/** Every page and every endpoint of the authority but the OAuth library's own: one list. */
export function authorityApp(options: AuthorityAppOptions): Hono {
  const parts = partsOf(options)
  const app = new Hono()
  app.route('/', assetsRoutes()) // the same for everybody
  app.route('/', tokenStatusRoutes(parts.tokenStatus)) // /oauth2/introspect, /oauth2/revoke
  app.route('/', adminRoutes(parts.admin)) // /v1
  app.route('/', loginRoutes(options.people.login)) // /login, /logout
  app.route('/', consentRoutes(parts.consent)) // /consent
  app.route('/', deviceRoutes(parts.device)) // /device
  app.route('/', moreRoutes(parts.more)) // /more
  app.route('/', connectRoutes(parts.connect)) // /connect
  app.route('/', approvalPagesRoutes(parts.approvalPages)) // /approvals, /break-glass
  app.route('/', dashboardRoutes(parts.dashboard)) // /, /connections, /agents, /audit, /policy
  const headers = securityHeaders({ https: options.url.startsWith('https:') })
  app.notFound((c) => c.html(errorPage({ title: 'There is no such page', text: 'Nothing of ours is at this address.', next: [{ href: '/', label: 'Go to the start' }] }), 404, headers))
  return app
}

function partsOf(options: AuthorityAppOptions) {
  const { opened, url, plane, store, upstreams, policies, policyStatus, audit, clock, timers, services, people, agents: clients, oauth, indexer, report, config } = options
  const { sessions, roles } = people
  const { connections } = upstreams
  const { lifetimes } = opened.config
  const words = pageIntegrations(config.integrations, upstreams.index)
  // What is changed by hand is in force before it is told as done.
  const changed = { ...portsOf(store), ...mirroredStore(store, plane.copy.mirror) }
  const shared = { url, sessions, clock, audit, report }
  const consent = {
    ...shared, delegations: services.desk, connections, forecast: forecastOf(policies), integrations: words, shortLived: store.shortLived,
    lifetimes: () => lifetimes,
    connectUrl: (integration: string, returnTo: string) => `${connectUrl(url, integration)}?return=${encodeURIComponent(returnTo)}`,
  }
  return {
    tokenStatus: {
      ...shared, issuer: url, clientCertificates: opened.config.tls?.clientCaPem !== undefined && !opened.config.behindProxy, agents: clients, shortLived: store.shortLived, jwks: () => jwksOf(oauth), stored: oauth.storedTokens, desk: services.desk,
      directory: plane.registry, revocations: plane.registry, revoker: services.revoker,
      resourcesOf: resourcesOf(opened.config),
    },
    admin: {
      origin: url, browserSessions: sessions, tokens: oauth.adminTokens, people: store.people, roles, store: changed, directory: plane.registry,
      configuredAgents: plane.configured, revoker: services.revoker, approvals: services.approvals, audit,
      liveRecords: new RecordFeed(audit, () => indexer.chain), auditProofs: new ChainProofs({ file: config.audit.file, chain: () => indexer.chain, key: audit.verifyKey }), policy: policyStatus,
      policies: () => policies.loaded, reading: requestReading(upstreams.index), integrations: adminIntegrations(config.integrations, words, upstreams.oauth),
      breakGlassMaxMs: lifetimes.breakGlassMaxMs, clock, timers, onBroken: report,
    },
    consent: { ...consent, interactions: oauth.interactions },
    more: { ...consent, agents: clients },
    device: { ...shared, devices: oauth.devices },
    connect: { ...shared, oauth: upstreams.oauth, connections: store.connections, shortLived: store.shortLived },
    approvalPages: { ...shared, store, approvals: services.approvals, words, breakGlassMaxMs: lifetimes.breakGlassMaxMs },
    dashboard: { ...shared, bundle: dashboardFiles() },
  }
}

/** The ports that the pages and the API read as they are. */
function portsOf({ connections, approvals, auditIndex }: Store): Pick<Store, 'connections' | 'approvals' | 'auditIndex'> {
  return { connections, approvals, auditIndex }
}

/** By the policies in force at each question, not those of the start. */
function forecastOf(policies: WatchedPolicies): ConsentForecast {
  return {
    preview: (question) => policies.snapshot.preview(question),
    lends: (question) => policies.snapshot.lends(question),
    delegationBound: (party, access) => policies.snapshot.delegationBound(party, access),
  }
}
