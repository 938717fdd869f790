import type { Writable } from 'node:stream'
import type { FileAuditLog } from '../../audit/file-audit-log.ts'
import type { SinkIo } from '../../audit/sink-io.ts'
import type { Config } from '../../config/config.ts'
import type { LoadedConfig } from '../../config/load-config.ts'
import type { OwnListener } from '../../egress/address-guard.ts'
import type { Resolve } from '../../egress/dial.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { systemTimers, type Timers } from '../../lib/timers.ts'
import { loadPolicies } from '../../policy/load.ts'
import { WatchedPolicies } from '../../policy/watch.ts'
import { openInterceptionCa } from '../../proxy/listener/interception-ca.ts'
import { writeTrustBundle } from '../../proxy/listener/trust-bundle.ts'
import { Metrics } from '../../proxy/operations/metrics.ts'
import { Readiness } from '../../proxy/operations/readiness.ts'
import type { Store } from '../../store/ports/store.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { startDataPlane, type DataPlane } from './data-plane.ts'
import { describeIntegrations, vocabulariesOf } from './describe-integrations.ts'
import { tokenVerifier } from './identity.ts'
import { openOperations, ownListenerOf, type OpenOperations } from './operations.ts'
import { openAudit } from './open-audit.ts'
import { openStore } from './open-store.ts'
import type { Logger } from './operational-log.ts'
import { recordPolicyEvent, watchConfig } from './reload.ts'
import { Started } from './started.ts'
import { buildUpstreams, dialSettingsOf, type UpstreamDependencies, type Upstreams } from './upstreams.ts'

/** A token that is just being rotated must be stored: as long as the call to its token endpoint may take. */
const ROTATION_END_MS = 10_000
/** What cutting takes after the drain. */
const CUT_MS = 2_000

/** What a test or the demo puts in place of the machine's own. */
export interface ServeOptions {
  readonly log: Logger
  readonly clock?: Clock
  readonly timers?: Timers
  readonly resolve?: Resolve
  readonly auditIo?: SinkIo
  /** Where audit records go beside the file, if `audit.stdout` says so. */
  readonly stdout: Writable
  /** The configuration's file, to be watched for agents and revocations. */
  readonly watchFile?: string
}

/** Postern, running: both planes in one process. */
export interface Service {
  readonly address: string
  readonly port: number
  readonly operationsAddress: string | undefined
  readonly audit: FileAuditLog
  readonly controlPlane: ControlPlane
  readonly dataPlane: DataPlane
  readonly policies: WatchedPolicies
  /**
   * Ends everything in order: not ready, drain, credentials ended upstream, audit flushed. Idempotent.
   * @throws the first thing that did not end cleanly, once everything had its turn
   */
  close(): Promise<void>
}

/**
 * Starts everything that the configuration describes.
 * @throws SourceError, Fault or Error with one clear sentence; whatever had started is ended again
 */
export async function serve(loaded: LoadedConfig, options: ServeOptions): Promise<Service> {
  const started = new Started(options.timers ?? systemTimers, (error) => options.log.error({ err: error }, 'something did not end cleanly'))
  try {
    return await startAll(loaded, options, started)
  } catch (error) {
    // Why it did not start is what counts.
    await started.closeAll().catch(() => undefined)
    throw error
  }
}

async function startAll(loaded: LoadedConfig, options: ServeOptions, started: Started): Promise<Service> {
  const { config } = loaded
  const integrations = describeIntegrations(config.integrations)
  // Before anything is opened or made: without policies that can be used nothing starts.
  await loadPolicies(config.policies, vocabulariesOf(integrations.all()))
  const own: OwnListener[] = []
  const clock = options.clock ?? systemClock
  const audit = await openAudit(config.audit, { clock, stdout: options.stdout, io: options.auditIo })
  started.add(() => audit.close())
  const base: Base = {
    config,
    integrations,
    log: options.log,
    clock,
    timers: options.timers ?? systemTimers,
    egress: { ownListeners: () => own, ...(options.resolve === undefined ? {} : { resolve: options.resolve }) },
    audit,
    started,
  }
  const proxy: { dataPlane?: DataPlane } = {}
  const metrics = countEvents(base, () => proxy.dataPlane)
  const authority = await startAuthority(base)
  const dataPlane = (proxy.dataPlane = await startProxy(base, authority))
  own.push(...ownListenerOf(dataPlane.listener.address))
  const operations = await startOperationsPort(base, metrics, authority)
  own.push(...ownListenerOf(operations?.address))
  if (options.watchFile !== undefined) {
    const watch = watchConfig(options.watchFile, loaded, authority.controlPlane, audit, options.log)
    started.add(() => watch.close())
  }
  return {
    address: dataPlane.listener.address,
    port: dataPlane.listener.port,
    operationsAddress: operations?.address,
    audit,
    controlPlane: authority.controlPlane,
    dataPlane,
    policies: authority.policies,
    close: () => started.closeAll(),
  }
}

/** What every part needs. */
interface Base {
  readonly config: Config
  readonly integrations: IntegrationIndex
  readonly log: Logger
  readonly clock: Clock
  readonly timers: Timers
  readonly egress: Pick<UpstreamDependencies, 'ownListeners' | 'resolve'>
  readonly audit: FileAuditLog
  readonly started: Started
}

interface Authority {
  readonly store: Store
  readonly upstreams: Upstreams
  readonly policies: WatchedPolicies
  readonly controlPlane: ControlPlane
}

async function startAuthority({ config, integrations, log, clock, timers, egress, audit, started }: Base): Promise<Authority> {
  const store = await openStore(config.store, clock, (error) => log.error({ err: error }, 'the store is lost: no credential can be issued until the next start'))
  started.add(() => store.close())
  const upstreams = buildUpstreams(config.integrations, integrations, {
    ...egress,
    clock,
    store,
    onReauthRequired: ({ connection, integration, reason }) => audit.post({
      event: 'connection.reauth_required', integration, reason: `${connection}: ${reason}`, outcome: 'failed', code: 'connection_reauth_required',
    }),
  })
  started.add(() => upstreams.close(), ROTATION_END_MS)
  const policies = await WatchedPolicies.open({
    directory: config.policies,
    vocabularies: vocabulariesOf(integrations.all()),
    onEvent: (event) => recordPolicyEvent(event, audit, log),
  })
  started.add(() => policies.close())
  audit.post({ event: 'admin.started', outcome: 'ok' })
  started.add(() => audit.post({ event: 'admin.stopped', outcome: 'ok' }))
  audit.post({ event: 'policy.loaded', policy_hash: policies.snapshot.hash, outcome: 'ok' })
  const controlPlane = startControlPlane({ ...config, issuers: upstreams.issuers, store, audit, clock, timers, log })
  started.add(() => controlPlane.close())
  return { store, upstreams, policies, controlPlane }
}

async function startProxy({ config, log, clock, timers, egress, audit, started }: Base, { upstreams, policies, controlPlane }: Authority): Promise<DataPlane> {
  const ca = await openInterceptionCa({
    directory: config.ca.directory,
    hosts: config.ca.hosts,
    clock,
    onRootsChanged: (roots) => writeTrustBundle(config.ca.bundleFile, roots),
    onRotationFailed: (error) => log.error({ err: error }, 'the interception CA could not be renewed; the one in use stays, and it is tried again'),
  })
  const dataPlane = await startDataPlane({
    listener: config.listener,
    integrations: upstreams.index,
    sync: controlPlane.sync,
    tokens: tokenVerifier(config.identity, { ...egress, clock, onProblem: (problem) => log.error({ problem }, 'an issuer’s keys cannot be read') }),
    ca,
    audit,
    clock,
    timers,
    log,
    dialSettings: (name) => upstreams.dialSettings(name),
    tunnelDial: dialSettingsOf(config.listener.unmatchedConnect, egress),
    snapshot: () => policies.snapshot,
  })
  started.add(() => dataPlane.close(config.listener.drainTimeoutMs), config.listener.drainTimeoutMs + CUT_MS)
  return dataPlane
}

/** Counts from the first event on; what belongs to the proxy is asked for once there is one. */
function countEvents({ clock, audit, integrations, started }: Base, dataPlane: () => DataPlane | undefined): Metrics {
  const metrics = new Metrics({
    clock,
    audit: () => audit.stats(),
    knowsIntegration: (name) => integrations.byName(name) !== undefined,
    openExchanges: () => dataPlane()?.pipeline.open ?? 0,
    openTunnels: () => dataPlane()?.listener.openTunnels() ?? 0,
  })
  started.add(audit.onEvent(metrics.observe))
  return metrics
}

async function startOperationsPort({ config, audit, started }: Base, metrics: Metrics, { store }: Authority): Promise<OpenOperations | undefined> {
  const readiness = new Readiness()
  readiness.add('audit', () => (audit.writable ? undefined : 'the audit log cannot be written'))
  readiness.add('store', () => (store.open ? undefined : 'the store is lost'))
  const operations = config.operations === undefined ? undefined : await openOperations(config.operations, readiness, metrics)
  // Whoever asks while requests drain is told not to send more.
  if (operations !== undefined) started.addFirst(() => operations.close())
  started.add(() => readiness.drain())
  return operations
}
