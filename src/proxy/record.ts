import type { AuditEvent, HttpFacts } from '../audit/event.ts'
import { decisionFacts, principalFacts, ruleFacts, targetText } from '../audit/facts.ts'
import { timestamp } from '../audit/record.ts'
import { traceIdOf } from '../http/trace-context.ts'
import type { Clock } from '../lib/clock.ts'
import type { RuleReference } from '../model/decision.ts'
import { codeOfThrown, Fault, type Denial } from '../model/denial.ts'
import type { DecisionId } from '../model/ids.ts'
import type { Operation } from '../model/operation.ts'
import type { Run } from './compose.ts'
import type { Credentialed, Forwarded, Received } from './exchange.ts'

/** An exchange as far as it came. */
export type Trace = Received & Partial<Forwarded>

/** `api.started`: everything but the outcome. */
export function startedRecord(exchange: Credentialed): AuditEvent {
  return eventOf(exchange, STARTED, httpFacts(exchange))
}

const STARTED: Ending = { event: 'api.started', outcome: 'ok', code: undefined, reason: undefined }

/** How an exchange ended on the client's side. */
export interface Completion {
  /** Of the answer to a refusal, 0 where there is none. */
  readonly status: number
  /** When. */
  readonly monotonicMs: number
}

/**
 * The one record that completes an exchange, whatever became of it: a rendering of what the stages left on it,
 * so that no branch can forget to audit.
 */
export function completionRecord(trace: Trace, run: Run, { status, monotonicMs }: Completion): AuditEvent {
  const { forwarding } = trace
  const { method, host, path } = (trace.route ?? trace).request
  const http = {
    method, host, path,
    status: forwarding?.status ?? status,
    bytes_in: forwarding?.bytesIn,
    bytes_out: forwarding?.bytesOut,
    close_code: forwarding?.closeCode,
    scrubbed: forwarding?.scrubbed,
    duration_ms: Math.round(monotonicMs - trace.startedMonotonicMs),
  }
  if (run.kind === 'complete' && forwarding !== undefined) {
    return eventOf(trace, { event: 'api.call', outcome: forwarding.outcome, code: undefined, reason: forwarding.reason }, http)
  }
  return eventOf(trace, refusalOf(codeOf(trace, run), run), http, run.kind === 'denied' ? run.denial : undefined)
}

/** A call that had begun is told as a call; one that never left, as denied. */
function codeOf(trace: Trace, run: Run): 'api.call' | 'api.denied' {
  return run.kind === 'broken' && trace.announced !== undefined ? 'api.call' : 'api.denied'
}

/** Its own words could be the request's: a parser's message quotes what it could not read. */
const DEFECT = 'a defect of Postern; the operational log has its stack'

function refusalOf(event: 'api.call' | 'api.denied', run: Run): Ending {
  if (run.kind === 'denied') {
    const { denial } = run
    return { event, outcome: 'denied', code: denial.denial, reason: `${denial.layer ?? run.stage}: ${denial.detail}`, rule: denial.rule }
  }
  const error = run.kind === 'broken' ? run.error : new TypeError('no stage forwarded the exchange')
  const stage = run.kind === 'broken' ? run.stage : 'pipeline'
  return { event, outcome: 'failed', code: codeOfThrown(error), reason: `${stage}: ${error instanceof Fault ? error.message : DEFECT}` }
}

type Ending = Pick<AuditEvent, 'event' | 'outcome' | 'code' | 'reason'> & { readonly rule?: RuleReference | undefined }

/**
 * Everything in one object, field by field: this is made for every request.
 * @param refusing carries the decision, or the principal, that was refused: only what was allowed stands on the exchange itself
 */
function eventOf(trace: Trace, ending: Ending, http: HttpFacts, refusing?: Denial): AuditEvent {
  const { credential, inspection, route } = trace
  const decision = trace.decision ?? refusing?.decision
  const who = principalFacts(trace.principal ?? refusing?.principal)
  const why = decisionFacts(decision)
  const rule = ending.rule === undefined ? why : ruleFacts(ending.rule)
  const operation = inspection?.operation ?? route?.match.operation
  return {
    event: ending.event,
    agent: who.agent, user: who.user, delegation: who.delegation, session: who.session, identified_by: who.identified_by, via: who.via,
    exchange: trace.id,
    integration: operation?.integration ?? route?.integration.name ?? trace.prefix,
    operation: operation?.name, access: operation?.access, scopes: scopesOf(trace, operation), target: operation === undefined ? undefined : targetText(operation.targets),
    expires_in: credential?.lifetime === 'short' && decision?.expiresInMs !== undefined ? `${decision.expiresInMs / 1000}s` : undefined,
    upstream_expires_at: credential?.upstreamExpiresAtMs === undefined ? undefined : timestamp(credential.upstreamExpiresAtMs),
    lifetime: credential?.lifetime === 'static' ? 'static' : undefined,
    credential: credential?.id,
    approval: why.approval,
    policy_evaluation: why.policy_evaluation, rule: rule.rule, rule_at: rule.rule_at, policy_hash: why.policy_hash ?? trace.snapshot?.hash,
    narrowed_by: credential?.narrowedBy,
    http,
    outcome: ending.outcome, code: ending.code, reason: ending.reason,
    trace_id: traceIdOf(trace.request.headers),
  }
}

function scopesOf({ decision }: Trace, operation: Operation | undefined): readonly string[] | undefined {
  if (operation === undefined) return undefined
  return decision?.effect === 'allow' ? decision.scopes : operation.alternatives[0]
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
  const { rule, ...ending } = refusalOf('api.denied', { kind: 'denied', stage: 'listener', denial })
  return { ...principalFacts(denial.principal), ...earlyFacts(refusal, clock), ...ending, ...ruleFacts(rule) }
}

/** The same where something broke, so that nobody could judge it. */
export function earlyFailureRecord(failure: EarlyFailure, clock: Clock): AuditEvent {
  const { rule, ...ending } = refusalOf('api.denied', { kind: 'broken', stage: 'listener', error: failure.fault })
  return { ...earlyFacts(failure, clock), ...ending, ...ruleFacts(rule) }
}

function earlyFacts({ id, method, host, path, status, startedMonotonicMs }: EarlyFacts, clock: Clock): Pick<AuditEvent, 'exchange' | 'http'> {
  const durationMs = Math.round(clock.monotonicMs() - startedMonotonicMs)
  return { exchange: id, http: { method: method ?? '?', host: host ?? '?', path: path ?? '', status, duration_ms: durationMs } }
}

function httpFacts(trace: Trace): HttpFacts {
  const request = trace.route?.request ?? trace.request
  return { method: request.method, host: request.host, path: request.path }
}
