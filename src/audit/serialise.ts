import { quote } from './escape.ts'
import type { AuditEvent, HttpFacts } from './event.ts'
import { putBytes, putNumber, putText } from './json-bytes.ts'

const MAX_NAME = 256
const MAX_OPERATION = 512
const MAX_REASON = 1024
const MAX_PATH = 2048
const MAX_SCOPES = 64

const [EXCHANGE, OUTCOME, CODE, COUNT, REASON, TRACE_ID] = names('exchange', 'outcome', 'code', 'count', 'reason', 'trace_id')
const [STATUS, BYTES_IN, BYTES_OUT, CLOSE_CODE, SCRUBBED, DURATION_MS] = names('status', 'bytes_in', 'bytes_out', 'close_code', 'scrubbed', 'duration_ms')
const CLOSE = 0x7d

/**
 * Writes the event's own fields as JSON members, each with a comma before it, in the order of the format; printable ASCII only.
 * Undefined fields are left out. Every string is bounded (paths 2 KiB, reasons 1 KiB), so that a line stays under about 170 KiB
 * whatever it is told: for so much there must be room. Throws only where a field is not what its type says. Straight code, field by field:
 * a loop over a table of them costs three times as much.
 * @returns where they end
 */
export function putFields(to: Buffer, start: number, event: AuditEvent): number {
  let at = putBytes(to, start, who(event))
  if (event.exchange !== undefined) at = putText(to, putBytes(to, at, EXCHANGE), event.exchange, MAX_NAME)
  at = putBytes(to, at, what(event))
  at = putBytes(to, at, decided(event))
  if (event.http !== undefined) at = putHttp(to, at, event.http)
  return putEnded(to, at, event)
}

/**
 * What was rendered last for one object that many events share; used again only where every other field of that part is the very same, too.
 * So it is no matter who made the event, and out of what.
 */
interface Rendered {
  readonly event: AuditEvent
  readonly bytes: Uint8Array
}

const whoTexts = new WeakMap<object, Rendered>()
const whatTexts = new WeakMap<object, Rendered>()
const decidedTexts = new WeakMap<object, Rendered>()

function who(event: AuditEvent): Uint8Array {
  const { agent } = event
  if (agent === undefined) return bytesOf(whoText(event))
  const known = whoTexts.get(agent)
  if (known !== undefined && sameWho(known.event, event)) return known.bytes
  const bytes = bytesOf(whoText(event))
  whoTexts.set(agent, { event, bytes })
  return bytes
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

type Names = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

/** `,"name":` of each. */
function names(...of: readonly [string, string, string, string, string, string]): Names {
  return of.map((name) => bytesOf(`,"${name}":`)) as unknown as Names
}

function sameWho(one: AuditEvent, other: AuditEvent): boolean {
  return one.user === other.user && one.by === other.by && one.delegation === other.delegation && one.session === other.session
    && one.identified_by === other.identified_by && one.via === other.via
}

function whoText(event: AuditEvent): string {
  return (
    named('agent', event.agent) +
    named('user', event.user) +
    text('by', event.by) +
    text('delegation', event.delegation) +
    text('session', event.session) +
    text('identified_by', event.identified_by) +
    text('via', event.via)
  )
}

function what(event: AuditEvent): Uint8Array {
  const key = event.scopes
  if (key === undefined) return bytesOf(whatText(event))
  const known = whatTexts.get(key)
  if (known !== undefined && sameWhat(known.event, event)) return known.bytes
  const bytes = bytesOf(whatText(event))
  whatTexts.set(key, { event, bytes })
  return bytes
}

function sameWhat(one: AuditEvent, other: AuditEvent): boolean {
  return one.integration === other.integration && one.operation === other.operation && one.access === other.access && one.target === other.target
    && one.expires_in === other.expires_in && one.upstream_expires_at === other.upstream_expires_at && one.lifetime === other.lifetime
    && one.credential === other.credential && one.connection === other.connection && one.approval === other.approval
}

function whatText(event: AuditEvent): string {
  return (
    text('integration', event.integration) +
    text('operation', event.operation, MAX_OPERATION) +
    text('access', event.access) +
    scopes(event.scopes) +
    text('target', event.target, MAX_OPERATION) +
    text('expires_in', event.expires_in) +
    text('upstream_expires_at', event.upstream_expires_at) +
    text('lifetime', event.lifetime) +
    text('credential', event.credential) +
    text('connection', event.connection) +
    text('approval', event.approval)
  )
}

function decided(event: AuditEvent): Uint8Array {
  const key = event.policy_evaluation
  if (key === undefined) return bytesOf(decidedText(event))
  const known = decidedTexts.get(key)
  if (known !== undefined && sameDecided(known.event, event)) return known.bytes
  const bytes = bytesOf(decidedText(event))
  decidedTexts.set(key, { event, bytes })
  return bytes
}

function sameDecided(one: AuditEvent, other: AuditEvent): boolean {
  return one.rule === other.rule && one.rule_at === other.rule_at && one.decision === other.decision && one.policy_hash === other.policy_hash
    && one.narrowed_by === other.narrowed_by
}

function decidedText(event: AuditEvent): string {
  return (
    layers(event.policy_evaluation) +
    text('rule', event.rule) +
    text('rule_at', event.rule_at, MAX_OPERATION) +
    text('decision', event.decision) +
    text('policy_hash', event.policy_hash) +
    text('narrowed_by', event.narrowed_by)
  )
}

function putEnded(to: Buffer, start: number, event: AuditEvent): number {
  let at = putText(to, putBytes(to, start, OUTCOME), event.outcome, MAX_NAME)
  if (event.code !== undefined) at = putText(to, putBytes(to, at, CODE), event.code, MAX_NAME)
  if (event.count !== undefined) at = putNumber(to, putBytes(to, at, COUNT), event.count)
  if (event.reason !== undefined) at = putText(to, putBytes(to, at, REASON), event.reason, MAX_REASON)
  if (event.trace_id !== undefined) at = putText(to, putBytes(to, at, TRACE_ID), event.trace_id, MAX_NAME)
  return at
}

function putHttp(to: Buffer, start: number, facts: HttpFacts): number {
  let at = putText(to, putBytes(to, start, httpBeginning(facts)), facts.path, MAX_PATH)
  if (facts.status !== undefined) at = putNumber(to, putBytes(to, at, STATUS), facts.status)
  if (facts.bytes_in !== undefined) at = putNumber(to, putBytes(to, at, BYTES_IN), facts.bytes_in)
  if (facts.bytes_out !== undefined) at = putNumber(to, putBytes(to, at, BYTES_OUT), facts.bytes_out)
  if (facts.close_code !== undefined) at = putNumber(to, putBytes(to, at, CLOSE_CODE), facts.close_code)
  if (facts.scrubbed !== undefined) at = putNumber(to, putBytes(to, at, SCRUBBED), facts.scrubbed)
  if (facts.duration_ms !== undefined) at = putNumber(to, putBytes(to, at, DURATION_MS), facts.duration_ms)
  to[at] = CLOSE
  return at + 1
}

let lastMethod: string | undefined
let lastHost: string | undefined
let lastHttpBeginning = EXCHANGE

/** Up to the path: mostly that of the record before. */
function httpBeginning({ method, host }: HttpFacts): Uint8Array {
  if (method === lastMethod && host === lastHost) return lastHttpBeginning
  lastHttpBeginning = bytesOf(`,"http":{"method":${quote(method, MAX_NAME)},"host":${quote(host, MAX_NAME)},"path":`)
  lastMethod = method
  lastHost = host
  return lastHttpBeginning
}

function text(name: string, value: string | undefined, maxLength = MAX_NAME): string {
  return value === undefined ? '' : `,"${name}":${quote(value, maxLength)}`
}

function named(name: string, value: { readonly id: string; readonly name: string | undefined } | undefined): string {
  return value === undefined ? '' : `,"${name}":{"id":${quote(value.id, MAX_NAME)}${text('name', value.name)}}`
}

function scopes(values: readonly string[] | undefined): string {
  if (values === undefined) return ''
  const kept = values.slice(0, MAX_SCOPES).map((scope) => quote(scope, MAX_NAME))
  if (values.length > MAX_SCOPES) kept.push(`"...[${values.length - MAX_SCOPES} more]"`)
  return `,"scopes":[${kept.join(',')}]`
}

function layers(evaluation: AuditEvent['policy_evaluation']): string {
  if (evaluation === undefined) return ''
  const { org_policy: org, user_consent: consent, agent_permissions: agent } = evaluation
  return `,"policy_evaluation":{"org_policy":"${org}","user_consent":"${consent}","agent_permissions":"${agent}"}`
}
