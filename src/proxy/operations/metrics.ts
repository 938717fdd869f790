import { Counter, Gauge, Registry } from 'prom-client'
import type { AuditStats } from '../../audit/audit-stats.ts'
import type { AuditEvent } from '../../audit/event.ts'
import type { Clock } from '../../lib/clock.ts'
import { durationText } from './duration-text.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { RequestCounts } from './request-counts.ts'

export interface MetricsOptions {
  readonly clock: Clock
  readonly audit: () => AuditStats
  /** Whether an integration of this name is configured: in reverse mode the name is the client's, and is no label until it is known. */
  readonly knowsIntegration: (name: string) => boolean
  /** Requests under way. */
  readonly openExchanges: () => number
  /** CONNECT tunnels that are open. */
  readonly openTunnels: () => number
  /** Undefined while there is no proxy yet. */
  readonly admission: () => AdmissionStats | undefined
}

/** What was let in, and what was not. */
export interface AdmissionStats {
  /** What ran short, whose bound it was, how often. */
  readonly shed: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly connections: { readonly open: number; readonly unproven: number; readonly evicted: number }
}

/** Counts what happens and shows it to Prometheus. No label holds a path, a person, an agent or anything else that a client sends. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #counts: RequestCounts
  readonly #clock: Clock

  constructor(options: MetricsOptions) {
    this.#clock = options.clock
    this.#counts = new RequestCounts(options.knowsIntegration)
    addRequestMetrics(this.#registry, this.#counts)
    addPolicyMetrics(this.#registry, this.#counts)
    addAuditMetrics(this.#registry, options.audit)
    addGauge(this.#registry, 'postern_open_exchanges', 'Requests under way.', options.openExchanges)
    addGauge(this.#registry, 'postern_open_tunnels', 'CONNECT tunnels that are open.', options.openTunnels)
    addAdmissionMetrics(this.#registry, options.admission)
    addProcessMetrics(this.#registry, options.clock)
  }

  /** Cheap; subscribe with `FileAuditLog.onEvent`. */
  readonly observe = (event: AuditEvent): void => this.#counts.count(event, this.#clock.nowMs())

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The Prometheus text format. */
  async scrape(): Promise<string> {
    return `${await this.#registry.metrics()}\n${durationText(this.#counts.durations())}`
  }
}

function addRequestMetrics(registry: Registry, counts: RequestCounts): void {
  addCounter(registry, 'postern_requests_total', 'Requests that ended, by outcome and code.', ['integration', 'outcome', 'code'], (add) => {
    for (const { requests, ...labels } of counts.requests()) add(labels, requests)
  })
  addCounter(registry, 'postern_credentials_issued_total', 'Credentials issued.', ['integration'], (add) => {
    for (const [integration, issued] of counts.issued()) add({ integration }, issued)
  })
  addCounter(registry, 'postern_answers_scrubbed_total', 'Answers in which the credential stood, and was blotted out.', ['integration'], (add) => {
    for (const [integration, scrubbed] of counts.scrubbed()) add({ integration }, scrubbed)
  })
}

function addAdmissionMetrics(registry: Registry, admission: () => AdmissionStats | undefined): void {
  addCounter(registry, 'postern_shed_total', 'Requests, tunnels and connections of agents for which there was no room, by what ran short and whose bound it was.', ['what', 'bound'], (add) => {
    for (const [what, bounds] of Object.entries(admission()?.shed ?? {})) for (const [bound, shed] of Object.entries(bounds)) add({ what, bound }, shed)
  })
  addCounter(registry, 'postern_connections_evicted_total', 'Connections on which no agent had shown itself, ended to make room.', [], (add) => add({}, admission()?.connections.evicted ?? 0))
  addGauge(registry, 'postern_open_connections', 'Connections of clients that are open.', () => admission()?.connections.open ?? 0)
  addGauge(registry, 'postern_unproven_connections', 'Those among them on which no agent has shown itself.', () => admission()?.connections.unproven ?? 0)
}

function addPolicyMetrics(registry: Registry, counts: RequestCounts): void {
  const { policy } = counts
  addCounter(registry, 'postern_policy_loads_total', 'Attempts to load the policies.', ['result'], (add) => {
    add({ result: 'ok' }, policy.loaded)
    add({ result: 'rejected' }, policy.rejected)
  })
  addGauge(registry, 'postern_policy_last_load_ok', 'Whether the last attempt to load the policies succeeded.', () => policy.lastOk)
  addGauge(registry, 'postern_policy_loaded_timestamp_seconds', 'When the policies in use were loaded.', () => policy.lastLoadedMs / 1000)
}

type AuditCounter = readonly [name: string, help: string, read: (stats: AuditStats) => number]

const AUDIT_COUNTERS: readonly AuditCounter[] = [
  ['postern_audit_written_total', 'Audit records that are durable.', (stats) => stats.written],
  ['postern_audit_written_bytes_total', 'Bytes of durable audit records.', (stats) => stats.bytes],
  ['postern_audit_batches_total', 'Batches of audit records, each one write and one fdatasync.', (stats) => stats.batches],
  ['postern_audit_failures_total', 'Attempts to write audit records that failed.', (stats) => stats.failures],
  ['postern_audit_side_failures_total', 'Failed attempts to write the audit head or to rotate.', (stats) => stats.sideFailures],
  ['postern_audit_refused_total', 'Audit records refused, and with them the calls.', (stats) => stats.refused],
  ['postern_audit_dropped_total', 'Audit records lost because memory for them was full.', (stats) => stats.dropped],
]

function addAuditMetrics(registry: Registry, audit: () => AuditStats): void {
  for (const [name, help, read] of AUDIT_COUNTERS) addCounter(registry, name, help, [], (add) => add({}, read(audit())))
  addGauge(registry, 'postern_audit_writable', 'Whether audit records can be written; without that no call is made.', () => Number(audit().writable))
  addGauge(registry, 'postern_audit_queued', 'Audit records that wait to be written.', () => audit().queuedRecords)
  addGauge(registry, 'postern_audit_queued_bytes', 'Memory of audit records that wait.', () => audit().queuedBytes)
  addGauge(registry, 'postern_audit_last_seq', 'Number of the last durable audit record.', () => audit().lastSeq)
}

type Labels = Readonly<Record<string, string>>

function addCounter(registry: Registry, name: string, help: string, labelNames: string[], read: (add: (labels: Labels, n: number) => void) => void): void {
  const counter: Counter = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      counter.reset()
      read((labels, n) => counter.inc(labels, n))
    },
  })
}

function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
}
