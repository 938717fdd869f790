import type { AuditEvent, HttpFacts } from '../audit/event.ts'
import { decisionFacts, principalFacts, ruleFacts, targetText } from '../audit/facts.ts'
import { traceIdOf } from '../http/trace-context.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOfThrown, Fault, type Denial } from '../model/denial.ts'
import type { DecisionId } from '../model/ids.ts'
import type { Run } from './compose.ts'
import type { Credentialed, Forwarded, Received } from './exchange.ts'

/** An exchange as far as it came. */
export type Trace = Received & Partial<Forwarded>

/** `api.started`: everything but the outcome. */
export function startedRecord(exchange: Credentialed): AuditEvent {
  return { event: 'api.started', ...traceFacts(exchange), http: httpFacts(exchange), outcome: 'ok' }
}

/**
 * The one record that completes an exchange, whatever became of it: a rendering of what the stages left on it,
 * so that no branch can forget to audit.
 */
export function completionRecord(trace: Trace, run: Run, clock: Clock, status: number): AuditEvent {
  const durationMs = Math.round(clock.monotonicMs() - trace.startedMonotonicMs)
  const forwarding = trace.forwarding
  const http = {
    ...httpFacts(trace),
    status: forwarding?.status ?? status,
    bytes_in: forwarding?.bytesIn,
    bytes_out: forwarding?.bytesOut,
    duration_ms: durationMs,
  }
  if (run.kind === 'complete' && forwarding !== undefined) {
    return { event: 'api.call', ...traceFacts(trace), http, outcome: forwarding.outcome, reason: forwarding.reason }
  }
  const denial = run.kind === 'denied' ? run.denial : undefined
  return { event: eventOf(trace, run), ...traceFacts(trace, denial), http, ...refusalFacts(run) }
}

/** A call that had begun is told as a call; one that never left, as denied. */
function eventOf(trace: Trace, run: Run): 'api.call' | 'api.denied' {
  return run.kind === 'broken' && trace.announced !== undefined ? 'api.call' : 'api.denied'
}

/** Its own words could be the request's: a parser's message quotes what it could not read. */
const DEFECT = 'a defect of Postern; the operational log has its stack'

function refusalFacts(run: Run): Pick<AuditEvent, 'outcome' | 'code' | 'reason' | 'rule' | 'rule_at'> {
  if (run.kind === 'denied') {
    const { denial } = run
    return { outcome: 'denied', code: denial.denial, reason: `${denial.layer ?? run.stage}: ${denial.detail}`, ...ruleFacts(denial.rule) }
  }
  const error = run.kind === 'broken' ? run.error : new TypeError('no stage forwarded the exchange')
  const stage = run.kind === 'broken' ? run.stage : 'pipeline'
  return { outcome: 'failed', code: codeOfThrown(error), reason: `${stage}: ${error instanceof Fault ? error.message : DEFECT}` }
}

/** @param refusing carries the decision, or the principal, that was refused: only what was allowed stands on the exchange itself */
function traceFacts(trace: Trace, refusing?: Denial): Omit<AuditEvent, 'event' | 'outcome' | 'http'> {
  const decision = trace.decision ?? refusing?.decision
  return {
    ...principalFacts(trace.principal ?? refusing?.principal),
    exchange: trace.id,
    ...operationFacts(trace),
    expires_in: trace.credential?.lifetime === 'short' && decision?.expiresInMs !== undefined ? `${decision.expiresInMs / 1000}s` : undefined,
    upstream_expires_at: trace.credential?.upstreamExpiresAtMs === undefined ? undefined : new Date(trace.credential.upstreamExpiresAtMs).toISOString(),
    lifetime: trace.credential?.lifetime === 'static' ? 'static' : undefined,
    credential: trace.credential?.id,
    policy_hash: trace.snapshot?.hash,
    ...decisionFacts(decision),
    narrowed_by: trace.credential?.narrowedBy,
    trace_id: traceIdOf(trace.request.headers),
  }
}

function operationFacts(trace: Trace): Pick<AuditEvent, 'integration' | 'operation' | 'access' | 'scopes' | 'target'> {
  const operation = trace.inspection?.operation ?? trace.route?.match.operation
  if (operation === undefined) return { integration: trace.route?.integration.name ?? trace.prefix }
  return {
    integration: operation.integration,
    operation: operation.name,
    access: operation.access,
    scopes: trace.decision?.effect === 'allow' ? trace.decision.scopes : operation.alternatives[0],
    target: targetText(operation.targets),
  }
}

/** What of a request was known before there was an exchange: a malformed one, a CONNECT. */
interface EarlyFacts {
  readonly id: DecisionId
  readonly status: number
  readonly startedMonotonicMs: number
  readonly method: string | undefined
  readonly host: string | undefined
  readonly path: string | undefined
}

export interface EarlyRefusal extends EarlyFacts {
  readonly denial: Denial
}

export interface EarlyFailure extends EarlyFacts {
  readonly fault: Fault
}

/** `api.denied` of a refusal that never became an exchange. Nothing in it was judged but its form. */
export function earlyRefusalRecord(refusal: EarlyRefusal, clock: Clock): AuditEvent {
  const { denial } = refusal
  return { event: 'api.denied', ...principalFacts(denial.principal), ...earlyFacts(refusal, clock), ...refusalFacts({ kind: 'denied', stage: 'listener', denial }) }
}

/** The same where something broke, so that nobody could judge it. */
export function earlyFailureRecord(failure: EarlyFailure, clock: Clock): AuditEvent {
  return { event: 'api.denied', ...earlyFacts(failure, clock), ...refusalFacts({ kind: 'broken', stage: 'listener', error: failure.fault }) }
}

function earlyFacts({ id, method, host, path, status, startedMonotonicMs }: EarlyFacts, clock: Clock): Pick<AuditEvent, 'exchange' | 'http'> {
  const durationMs = Math.round(clock.monotonicMs() - startedMonotonicMs)
  return { exchange: id, http: { method: method ?? '?', host: host ?? '?', path: path ?? '', status, duration_ms: durationMs } }
}

function httpFacts(trace: Trace): HttpFacts {
  const request = trace.route?.request ?? trace.request
  return { method: request.method, host: request.host, path: request.path }
}
