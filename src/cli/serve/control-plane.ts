import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import { CredentialAuthority } from '../../authority/issuance/credential-authority.ts'
import type { RegistryChanges } from '../../authority/registry/registry-changes.ts'
import { Registry } from '../../authority/registry/registry.ts'
import type { AgentConfig, RevokedConfig } from '../../config/config.ts'
import type { Issuer } from '../../integrations/issuer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Sync } from '../../sync/contract.ts'
import { inProcessSync } from '../../sync/in-process.ts'
import { NOBODY } from '../../sync/nobody.ts'
import type { Logger } from './operational-log.ts'

export interface ControlPlaneOptions {
  readonly agents: readonly AgentConfig[]
  readonly revoked: RevokedConfig
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly store: Pick<Store, 'liveCredentials'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
}

/** The authority's part of one process: who there is, what is revoked, and where credentials come from. */
export interface ControlPlane {
  readonly registry: Registry
  readonly sync: Sync
  /** Puts changed agents and revocations in force, on record. */
  apply(agents: readonly AgentConfig[], revoked: RevokedConfig): void
  close(): Promise<void>
}

/** Starts the authority's part and ends what an earlier run left alive upstream. */
export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { agents, revoked, audit, log } = options
  const registry = new Registry({ agents, revoked }, (error) => log.error({ err: error }, 'a subscriber to revocations failed'))
  const authority = new CredentialAuthority({
    issuers: options.issuers,
    audit,
    live: options.store.liveCredentials,
    revocations: registry,
    clock: options.clock,
    timers: options.timers,
  })
  void authority.start().catch((error: unknown) => log.error({ err: error }, 'credentials of an earlier run could not all be ended upstream'))
  return {
    registry,
    sync: inProcessSync({ directory: registry, revocations: registry, credentials: authority, ...NOBODY }),
    apply(changedAgents, changedRevoked) {
      const changes = registry.apply({ agents: changedAgents, revoked: changedRevoked })
      for (const event of changeEvents(changes, new Map(changedAgents.map((agent) => [agent.id, agent.name])))) audit.post(event)
    },
    close: () => authority.close(),
  }
}

function changeEvents(changes: RegistryChanges, names: ReadonlyMap<string, string>): AuditEvent[] {
  const agent = (id: string): AuditEvent['agent'] => ({ id, name: names.get(id) ?? id })
  const events: AuditEvent[] = []
  for (const revoked of changes.revoked) {
    if (revoked.kind === 'agent') events.push({ event: 'agent.revoked', agent: agent(revoked.id), outcome: 'ok' })
    else if (revoked.kind === 'delegation') events.push({ event: 'delegation.revoked', delegation: revoked.id, outcome: 'ok' })
    else events.push({ event: 'session.ended', session: revoked.id, outcome: 'revoked' })
  }
  for (const restored of changes.restored) {
    if (restored.kind === 'agent') events.push({ event: 'agent.restored', agent: agent(restored.id), outcome: 'ok' })
    else if (restored.kind === 'delegation') events.push({ event: 'delegation.restored', delegation: restored.id, outcome: 'ok' })
    else events.push({ event: 'session.restored', session: restored.id, outcome: 'ok' })
  }
  for (const id of changes.registered) events.push({ event: 'agent.registered', agent: agent(id), outcome: 'ok' })
  return events
}
