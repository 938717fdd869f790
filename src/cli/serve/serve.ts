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
import { loadPolicies, type LoadedPolicies } from '../../policy/load.ts'
import { WatchedPolicies } from '../../policy/watch.ts'
import { openInterceptionCa } from '../../proxy/listener/interception-ca.ts'
import { TrustBundle } from '../../proxy/listener/trust-bundle.ts'
import type { AdmissionStats, Metrics } from '../../proxy/operations/metrics.ts'
import { Readiness } from '../../proxy/operations/readiness.ts'
import type { Store } from '../../store/ports/store.ts'
import type { PolicyStatus } from '../../authority/admin/admin-deps.ts'
import type { RunningAuthority } from './authority.ts'
import { baseUrlOf } from './base-url.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { startDataPlane, type DataPlane } from './data-plane.ts'
import { dialSettingsOf, OwnHttp, type DialDependencies } from './dial-settings.ts'
import { describeIntegrations, vocabulariesOf } from './describe-integrations.ts'
import { tokenVerifier } from './identity.ts'
import { loadLater } from './load-later.ts'
import { openOperations, ownListenerOf, type OpenOperations } from './operations.ts'
import { openAudit } from './open-audit.ts'
import { openStore } from './open-store.ts'
import type { Logger } from './operational-log.ts'
import { PolicyStanding } from './policy-standing.ts'
import { recordPolicyEvent, watchConfig } from './reload.ts'
import { Started } from './started.ts'
import { buildUpstreams, type Upstreams } from './upstreams.ts'
import { giveBackWhatCompilersUse } from './compilers-memory.ts'
import { shrinkAtRest } from './young-generation.ts'

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
  /** What people, agents and operators reach; undefined where none is configured. */
  readonly authority: RunningAuthority | undefined
  readonly audit: FileAuditLog
  readonly controlPlane: ControlPlane
  readonly dataPlane: DataPlane
  readonly policies: WatchedPolicies
  /**
   * Ends everything in order: not ready, drain, credentials ended upstream, audit flushed. Idempotent.
   * @throws the first thing that did not end cleanly, once everything had its turn
   */
  close(): Promise<void>
  /** Ends the audit, with all that has happened on disk: for a process that has to end at once. @throws Fault `audit_unavailable` */
  flush(): Promise<void>
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
  const policies = await loadPolicies(config.policies, vocabulariesOf(integrations.all()))
  const timers = options.timers ?? systemTimers
  const own: OwnListener[] = []
  const clock = options.clock ?? systemClock
  const audit = await openAudit(config.audit, { clock, stdout: options.stdout, io: options.auditIo })
  started.add(() => audit.close())
  const base: Base = {
    config,
    integrations,
    log: options.log,
    clock,
    timers,
    egress: { ownListeners: () => own, ...(options.resolve === undefined ? {} : { resolve: options.resolve }) },
    audit,
    started,
  }
  const proxy: { dataPlane?: DataPlane } = {}
  const metrics = await countEvents(base, () => proxy.dataPlane)
  // Its port is known before anything refers to it.
  // A third of the program, and none of a proxy's: loaded only where it is configured.
  const code = config.authority === undefined ? undefined : await import('./authority.ts')
  const opened = code === undefined || config.authority === undefined ? undefined : await code.openAuthority(config.authority, timers)
  if (opened !== undefined) started.add(() => opened.server.close(0))
  own.push(...ownListenerOf(opened?.address))
  const control = await startControl(base, policies, opened?.url)
  // Agents are told the proxy's own address by what they are given; it is known once the proxy listens.
  const running = code === undefined || opened === undefined ? undefined : await code.startAuthority({
    ...base, ...control, opened, plane: control.controlPlane, baseUrl: (name) => baseUrlOf(config.listener, proxy.dataPlane, integrations, name),
  })
  const dataPlane = (proxy.dataPlane = await startProxy(base, control, running))
  own.push(...ownListenerOf(dataPlane.listener.address), ...ownListenerOf(dataPlane.listener.socks?.address))
  const operations = await startOperationsPort(base, metrics, control)
  own.push(...ownListenerOf(operations?.address))
  started.add(loadLater(config, timers))
  started.add(shrinkAtRest(timers))
  started.add(giveBackWhatCompilersUse(timers))
  if (options.watchFile !== undefined) {
    const watch = watchConfig(options.watchFile, loaded, { ...control, audit, log: options.log })
    started.add(() => watch.close())
  }
  return {
    address: dataPlane.listener.address,
    port: dataPlane.listener.port,
    operationsAddress: operations?.address,
    audit,
    authority: running,
    controlPlane: control.controlPlane,
    dataPlane,
    policies: control.policies,
    close: () => started.closeAll(),
    flush: async () => {
      try {
        dataPlane.pipeline.recordEnded()
      } finally {
        await audit.close()
      }
    },
  }
}

/** What every part needs. */
interface Base {
  readonly config: Config
  readonly integrations: IntegrationIndex
  readonly log: Logger
  readonly clock: Clock
  readonly timers: Timers
  readonly egress: DialDependencies
  readonly audit: FileAuditLog
  readonly started: Started
}

/** What decides and issues, beside the proxy. */
interface Control {
  readonly store: Store
  readonly upstreams: Upstreams
  readonly policies: WatchedPolicies
  readonly policyStatus: () => PolicyStatus
  readonly controlPlane: ControlPlane
}

async function startControl(
  { config, integrations, log, clock, timers, egress, audit, started }: Base, loaded: LoadedPolicies, authorityUrl: string | undefined,
): Promise<Control> {
  const { store, close } = await openStore(config.store, clock, timers, log)
  started.add(close)
  const upstreams = buildUpstreams(config.integrations, integrations, {
    ...egress,
    clock,
    timers,
    store,
    audit,
    authorityUrl,
    onReauthRequired: ({ connection, integration, reason }) => audit.post({
      event: 'connection.reauth_required', integration, reason: `${connection}: ${reason}`, outcome: 'failed', code: 'connection_reauth_required',
    }),
  })
  started.add(() => upstreams.close(), ROTATION_END_MS)
  const standing = new PolicyStanding(clock)
  const policies = await WatchedPolicies.open({
    directory: config.policies,
    vocabularies: vocabulariesOf(integrations.all()),
    onEvent: (event) => {
      standing.note(event)
      recordPolicyEvent(event, audit, log)
    },
  }, loaded)
  started.add(() => policies.close())
  audit.post({ event: 'admin.started', outcome: 'ok' })
  started.add(() => audit.post({ event: 'admin.stopped', outcome: 'ok' }))
  audit.post({ event: 'policy.loaded', policy_hash: policies.snapshot.hash, outcome: 'ok' })
  const controlPlane = await startControlPlane({
    agents: config.agents, revoked: config.revoked, issuers: upstreams.issuers, store, authorityUrl,
    connectable: (integration) => upstreams.oauth.has(integration), audit, clock, timers, log,
  })
  started.add(() => controlPlane.close())
  return { store, upstreams, policies, policyStatus: () => standing.of(policies.snapshot.hash), controlPlane }
}

async function startProxy(
  { config, log, clock, timers, egress, audit, started }: Base, { upstreams, policies, controlPlane }: Control, authority: RunningAuthority | undefined,
): Promise<DataPlane> {
  const own = new OwnHttp(egress)
  started.add(() => own.close())
  const bundle = new TrustBundle({
    path: config.ca.bundleFile, timers, onRenewalFailed: (error) => log.error({ err: error }, 'the trust bundle could not be brought up to date; our roots stand in it'),
  })
  started.add(() => bundle.close())
  const ca = await openInterceptionCa({
    directory: config.ca.directory,
    hosts: config.ca.hosts,
    clock,
    onRootsChanged: (roots) => bundle.write(roots),
    onRotationFailed: (error) => log.error({ err: error }, 'the interception CA could not be renewed; the one in use stays, and it is tried again'),
  })
  const dataPlane = await startDataPlane({
    listener: config.listener,
    integrations: upstreams.index,
    sync: controlPlane.sync,
    tokens: tokenVerifier(config.identity, { own, clock, authority, onProblem: (problem) => log.error({ problem }, 'an issuer’s keys cannot be read') }),
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

/** Counts from the first event on, where anybody can ask for it; what belongs to the proxy is asked for once there is one. */
async function countEvents({ config, clock, audit, integrations, started }: Base, dataPlane: () => DataPlane | undefined): Promise<Metrics | undefined> {
  if (config.operations === undefined) return undefined
  const { Metrics } = await import('../../proxy/operations/metrics.ts')
  const metrics = new Metrics({
    clock,
    audit: () => audit.stats(),
    knowsIntegration: (name) => integrations.byName(name) !== undefined,
    openExchanges: () => dataPlane()?.pipeline.open ?? 0,
    openTunnels: () => dataPlane()?.listener.openTunnels() ?? 0,
    admission: () => admissionOf(dataPlane()),
  })
  started.add(audit.onEvent(metrics.observe))
  return metrics
}

function admissionOf(dataPlane: DataPlane | undefined): AdmissionStats | undefined {
  return dataPlane === undefined ? undefined : { shed: dataPlane.admission.shed, connections: dataPlane.connections }
}

async function startOperationsPort({ config, audit, started }: Base, metrics: Metrics | undefined, { store }: Control): Promise<OpenOperations | undefined> {
  const readiness = new Readiness()
  readiness.add('audit', () => (audit.writable ? undefined : 'the audit log cannot be written'))
  readiness.add('store', () => (store.open ? undefined : 'the store is lost'))
  const operations = config.operations === undefined || metrics === undefined ? undefined : await openOperations(config.operations, readiness, metrics)
  // Whoever asks while requests drain is told not to send more.
  if (operations !== undefined) started.addFirst(() => operations.close())
  started.add(() => readiness.drain())
  return operations
}
