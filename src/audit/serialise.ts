import { quote } from './escape.ts'
import type { AuditEvent, HttpFacts } from './event.ts'

const MAX_NAME = 256
const MAX_OPERATION = 512
const MAX_REASON = 1024
const MAX_PATH = 2048
const MAX_SCOPES = 64

/**
 * The event's own fields as JSON members, each with a comma before it, in the order of the format; printable ASCII only.
 * Undefined fields are left out. Every string is bounded (paths 2 KiB, reasons 1 KiB), so that a line stays under about 150 KiB
 * whatever it is told. Never throws. Straight code, field by field: a loop over a table of them costs three times as much.
 */
export function serialiseFields(event: AuditEvent): string {
  return who(event) + text('exchange', event.exchange) + what(event) + decided(event) + http(event.http) + ended(event)
}

/**
 * What was rendered last for one object that many events share; used again only where every other field of that part is the very same, too.
 * So it is no matter who made the event, and out of what.
 */
interface Rendered {
  readonly event: AuditEvent
  readonly text: string
}

const whoTexts = new WeakMap<object, Rendered>()
const whatTexts = new WeakMap<object, Rendered>()
const decidedTexts = new WeakMap<object, Rendered>()

function who(event: AuditEvent): string {
  const { agent } = event
  if (agent === undefined) return whoText(event)
  const known = whoTexts.get(agent)
  if (known !== undefined && sameWho(known.event, event)) return known.text
  const text = whoText(event)
  whoTexts.set(agent, { event, text })
  return text
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

function what(event: AuditEvent): string {
  const key = event.scopes
  if (key === undefined) return whatText(event)
  const known = whatTexts.get(key)
  if (known !== undefined && sameWhat(known.event, event)) return known.text
  const text = whatText(event)
  whatTexts.set(key, { event, text })
  return text
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

function decided(event: AuditEvent): string {
  const key = event.policy_evaluation
  if (key === undefined) return decidedText(event)
  const known = decidedTexts.get(key)
  if (known !== undefined && sameDecided(known.event, event)) return known.text
  const text = decidedText(event)
  decidedTexts.set(key, { event, text })
  return text
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

function ended(event: AuditEvent): string {
  return (
    text('outcome', event.outcome) +
    text('code', event.code) +
    number('count', event.count) +
    text('reason', event.reason, MAX_REASON) +
    text('trace_id', event.trace_id)
  )
}

function http(facts: HttpFacts | undefined): string {
  if (facts === undefined) return ''
  return (
    `,"http":{"method":${quote(facts.method, MAX_NAME)}` +
    text('host', facts.host) +
    text('path', facts.path, MAX_PATH) +
    number('status', facts.status) +
    number('bytes_in', facts.bytes_in) +
    number('bytes_out', facts.bytes_out) +
    number('close_code', facts.close_code) +
    number('scrubbed', facts.scrubbed) +
    `${number('duration_ms', facts.duration_ms)}}`
  )
}

function text(name: string, value: string | undefined, maxLength = MAX_NAME): string {
  return value === undefined ? '' : `,"${name}":${quote(value, maxLength)}`
}

/** JSON has no word for NaN and the infinities. */
function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${name}":${Number.isFinite(value) ? String(value) : 'null'}`
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
