import { AuditIndexer } from '../../audit/audit-indexer.ts'
import { ENDPOINTS } from '../../authority/oauth/endpoints.ts'
import type { OauthAgent, OauthAgents } from '../../authority/oauth/oauth-dependencies.ts'
import type { OauthServer } from '../../authority/oauth/oauth-server.ts'
import { KeySchedule } from '../../authority/tokens/key-schedule.ts'
import { authorityHandler } from '../../authority/server/authority-handler.ts'
import { openAuthorityServer } from '../../authority/server/authority-server.ts'
import type { AuthorityConfig } from '../../config/config.ts'
import { formatListenAddress, parseListenAddress } from '../../lib/listen-address.ts'
import type { Timers } from '../../lib/timers.ts'
import type { AgentId } from '../../model/ids.ts'
import { authorityApp } from './authority-app.ts'
import type { AuthorityOptions, OpenedAuthority } from './authority-options.ts'
import type { ControlPlane } from './control-plane.ts'
import { startDelegationServices } from './delegation-services.ts'
import { OwnHttp } from './dial-settings.ts'
import { startOauth } from './oauth-services.ts'
import { peopleServices } from './people-services.ts'

/** Opens the port. @throws Error with one sentence where it cannot be had */
export async function openAuthority(config: AuthorityConfig, timers: Timers): Promise<OpenedAuthority> {
  const address = parseListenAddress(config.address)
  if (address === undefined) throw new TypeError(`not an address: ${config.address}`)
  const server = await openAuthorityServer({ address, tls: config.tls, timers })
  const port = server.address.kind === 'tcp' ? server.address.port : 0
  return { config, server, url: config.url.replace(/:0$/, `:${port}`), address: formatListenAddress(server.address) }
}

/** The running authority. */
export interface RunningAuthority {
  readonly url: string
  readonly address: string
  readonly oauth: OauthServer
  /** How many records the searchable copy is behind. */
  readonly indexer: AuditIndexer
}

/** What ending the requests under way may take. */
const DRAIN_MS = 5_000

/** Starts everything that people, agents and operators meet at the authority's port, and answers there. */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const { opened, config, plane, store, upstreams, policies, audit, clock, timers, log, started } = options
  const { url, server, address } = opened
  const report = (error: unknown): void => log.error({ err: error }, 'a request to the authority could not be carried out')
  const own = new OwnHttp(options.egress)
  started.add(() => own.close())
  const indexer = AuditIndexer.start({ log: audit, file: config.audit.file, index: store.auditIndex, timers, onProblem: (error) => log.warn({ err: error }, 'the searchable copy of the audit is behind') })
  started.add(() => indexer.close())
  const base = { config: opened.config, url, plane, store, audit, clock, timers, log }
  const services = startDelegationServices({ ...base, connections: upstreams.connections, forecast: () => policies.snapshot })
  started.add(() => services.close())
  const people = peopleServices({ ...base, own, report })
  const agents: OauthAgents = { agent: (id) => oauthAgent(id, plane) }
  const oauth = await startOauth({
    ...base, services, own, policies, report, integrations: upstreams.index, connections: upstreams.connections,
    baseUrl: (integration) => options.baseUrl(integration),
    agents,
  })
  started.add(() => oauth.close())
  const schedule = new KeySchedule({ keys: oauth, audit, clock, timers, onError: report })
  schedule.start()
  started.add(() => schedule.close())
  const app = authorityApp({ ...options, url, services, people, agents, oauth, indexer, report })
  const ownOauthPaths = new Set<string>([ENDPOINTS.introspection, ENDPOINTS.revocation])
  server.serve(authorityHandler({ url, behindProxy: opened.config.behindProxy, oauth: oauth.callback, ownOauthPaths, app, clock }))
  started.add(() => server.close(DRAIN_MS), DRAIN_MS + 1_000)
  return { url, address, oauth, indexer }
}

function oauthAgent(id: AgentId, { registry }: ControlPlane): OauthAgent | undefined {
  const agent = registry.registration(id)
  return agent === undefined ? undefined : { ...agent, redirectUris: agent.redirectUris ?? [], publicKeyPem: agent.publicKeyPem }
}
