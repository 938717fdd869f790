import type { AuditLog } from '../../audit/log.ts'
import { personLinks } from '../../authority/delegations/person-links.ts'
import { CredentialAuthority } from '../../authority/issuance/credential-authority.ts'
import { openLiveCopy, type LiveCopy } from '../../authority/registry/open-live-copy.ts'
import type { Registry } from '../../authority/registry/registry.ts'
import type { AgentConfig, RevokedConfig } from '../../config/config.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ApprovalDesk, PersonLinks, Sync } from '../../sync/contract.ts'
import { inProcessSync } from '../../sync/in-process.ts'
import { changeEvents } from './change-events.ts'
import type { Logger } from './operational-log.ts'

export interface ControlPlaneOptions {
  readonly agents: readonly AgentConfig[]
  readonly revoked: RevokedConfig
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly store: Store
  /** Where people mend what was refused; undefined without an authority that they can reach. */
  readonly authorityUrl: string | undefined
  connectable(integration: string): boolean
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
}

/** The authority's part that every process has: who there is, what is revoked, and where credentials come from. */
export interface ControlPlane {
  readonly copy: LiveCopy
  readonly registry: Registry
  readonly credentials: CredentialAuthority
  readonly links: PersonLinks
  readonly sync: Sync
  /** The agents of the configuration in force. */
  configured(): readonly AgentConfig[]
  /** Puts questions before people from now on; before, nobody can be asked. */
  answerWith(desk: ApprovalDesk): void
  /** Puts changed agents and revocations in force, on record. */
  apply(agents: readonly AgentConfig[], revoked: RevokedConfig): void
  close(): Promise<void>
}

/** For how long the copy may be out of date before nobody is told to be good (threats: lease). */
const LEASE_MS = { strict: 5_000, relaxed: 30_000 } as const

const NOBODY_TO_ASK: ApprovalDesk = { approved: () => undefined, ask: () => Promise.resolve(undefined) }

/** Starts the authority's part and ends what an earlier run left alive upstream. @throws StoreError */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { audit, log, store, clock, timers } = options
  const copy = await openLiveCopy({
    configuration: { agents: options.agents, revoked: options.revoked },
    store, clock, timers,
    leaseMs: LEASE_MS[audit.mode],
    onClash: (clash) => log.error({ clash }, 'an agent of the store has an id or a proof that another has: it cannot be used'),
    onError: (error) => log.error({ err: error }, 'something beside a request failed in the authority'),
  })
  const { registry } = copy
  const credentials = new CredentialAuthority({ issuers: options.issuers, audit, live: store.liveCredentials, revocations: registry, clock, timers })
  void credentials.start().catch((error: unknown) => log.error({ err: error }, 'credentials of an earlier run could not all be ended upstream'))
  const links = personLinks({ url: options.authorityUrl, connectable: (integration) => options.connectable(integration) })
  const asked = { desk: NOBODY_TO_ASK }
  const approvals: ApprovalDesk = { approved: (order) => asked.desk.approved(order), ask: (order, signal) => asked.desk.ask(order, signal) }
  const inForce = { agents: options.agents }
  return {
    copy,
    registry,
    credentials,
    links,
    sync: inProcessSync({ directory: registry, revocations: registry, credentials, approvals, links }),
    configured: () => inForce.agents,
    answerWith: (desk) => { asked.desk = desk },
    apply(agents, revoked) {
      const changes = registry.apply({ agents, revoked })
      inForce.agents = agents
      for (const event of changeEvents(changes, new Map(agents.map((agent) => [agent.id, agent.name])))) audit.post(event)
    },
    close: async () => {
      await credentials.close()
      copy.mirror.close()
    },
  }
}
