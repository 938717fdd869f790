import type { AuditRecord, Named } from './audit-record.ts'

/** What a row of the timeline says, beside time and event. */
export interface RowWords {
  readonly what: string
  readonly who: string
  /** A word, or a call's status and how long it took. */
  readonly ended: string
  readonly tone: 'plain' | 'good' | 'warn' | 'bad'
}

/** Pure; the texts may hold what agents and upstreams chose. */
export function rowWords(record: AuditRecord): RowWords {
  const what = whatOf(record)
  return { what: what === '' ? EVENT_WORDS[record.event] ?? '' : what, who: whoOf(record), ended: endOf(record), tone: toneOf(record) }
}

/** `pr-reviewer for alice@acme.com`, with whoever else had a hand in it. Pure. */
export function whoOf({ agent, user, via, by }: AuditRecord): string {
  const person = user === undefined ? undefined : plainId(user.id)
  const acted = agent === undefined ? person : person === undefined ? plainId(agent.id) : `${plainId(agent.id)} for ${person}`
  const through = via === undefined ? '' : ` via ${plainId(via)}`
  const doer = by === undefined ? '' : `${acted === undefined ? '' : ', '}by ${plainId(by)}`
  return `${acted ?? ''}${through}${doer}`
}

/** What it was about: a call's method and path, else what is named. Pure. */
export function whatOf(record: AuditRecord): string {
  const { http, integration, operation, scopes, target, connection, rule, reason } = record
  if (http !== undefined) return `${http.method} ${http.path ?? ''}`.trim()
  const named = [integration, operation ?? scopes?.join(' '), target === undefined ? undefined : `on ${target}`].filter((part) => part !== undefined)
  if (named.length > 0) return named.join(' ')
  return connection ?? rule ?? reason ?? ''
}

/** How it ended, in a few words. Pure. */
export function endOf({ outcome, http, code, count }: AuditRecord): string {
  const times = count === undefined || count === 1 ? '' : ` ×${count}`
  if (outcome === 'ok') {
    if (http?.status === undefined) return `ok${times}`
    return `${http.status}${http.durationMs === undefined ? '' : ` ${latencyText(http.durationMs)}`}${times}`
  }
  return [outcome ?? 'unknown', code].filter((part) => part !== undefined).join(' ') + times
}

/** `41 ms`, `1.2 s`. Pure. */
export function latencyText(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

/** What happened, as a sentence. Pure. */
export function sentenceOf(record: AuditRecord): string {
  const { event, outcome, http, integration, reason } = record
  const subject = subjectOf(record)
  if (http !== undefined && event.startsWith('api.')) {
    const call = `${http.method} ${http.path ?? ''}${integration === undefined ? '' : ` of ${integration}`}`
    const caller = subject ?? 'Somebody unknown'
    if (event === 'api.started') return `${caller} began ${call}.`
    if (outcome === 'denied') return `${caller} was refused ${call}${sentenceEnd(reason)}`
    const answer = http.status === undefined ? 'without an answer' : `answered ${http.status}`
    const took = http.durationMs === undefined ? '' : ` after ${latencyText(http.durationMs)}`
    return `${caller} called ${call}: ${answer}${took}${outcome === 'ok' || outcome === undefined ? '' : `, ${outcome}`}.`
  }
  const about = whatOf({ ...record, reason: undefined })
  const words = `${EVENT_WORDS[event] ?? event}${about === '' ? '' : ` (${about})`}`
  const refused = outcome === 'denied' && !/refused|declined|rejected/.test(words) ? ', refused' : ''
  return `${subject === undefined ? capital(words) : `${capital(subject)}: ${words}`}${refused}${sentenceEnd(reason)}`
}

function sentenceEnd(reason: string | undefined): string {
  if (reason === undefined || reason === '') return '.'
  return `: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`
}

function subjectOf({ agent, user, by, via }: AuditRecord): string | undefined {
  const through = via === undefined ? '' : ` via ${plainId(via)}`
  if (agent !== undefined) return `${nameOf(agent)}${user === undefined ? '' : ` for ${nameOf(user)}`}${through}`
  if (user !== undefined) return nameOf(user)
  return by === undefined ? undefined : plainId(by)
}

function nameOf({ id, name }: Named): string {
  return name ?? plainId(id)
}

function plainId(id: string): string {
  return id.replace(/^(?:agent|user):/, '')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What did not go well stands out; what took something away is told apart from what gave it. */
function toneOf({ outcome, event }: AuditRecord): RowWords['tone'] {
  if (outcome === 'denied' || outcome === 'failed') return 'bad'
  if (outcome === 'aborted' || outcome === 'revoked' || event.startsWith('admin.break_glass') || /\.(?:revoked|replayed|rejected|reauth_required)$/.test(event)) return 'warn'
  return /\.(?:granted|restored|created)$/.test(event) ? 'good' : 'plain'
}

/** What each event means, for those who do not know its code. */
export const EVENT_WORDS: Readonly<Record<string, string>> = {
  'api.started': 'a call began', 'api.call': 'a call ended', 'api.denied': 'a call was refused',
  'credential.issued': 'a credential was issued', 'credential.denied': 'a credential was refused', 'credential.expired': 'a credential ran out',
  'credential.revoked': 'a credential was revoked', 'credential.released': 'a credential was handed out',
  'delegation.requested': 'access was asked for', 'delegation.granted': 'access was approved', 'delegation.denied': 'access was declined',
  'delegation.extended': 'access was extended', 'delegation.narrowed': 'access was narrowed', 'delegation.revoked': 'access was revoked',
  'delegation.expired': 'access ran out', 'delegation.restored': 'access was restored', 'delegation.replayed': 'a code or token was shown twice',
  'session.started': 'a run began', 'session.ended': 'a run ended', 'session.restored': 'a run was restored',
  'token.issued': 'a token was issued', 'token.denied': 'a token was refused', 'token.revoked': 'a token was revoked',
  'connection.created': 'an account was connected', 'connection.renewed': 'a connection was renewed', 'connection.revoked': 'a connection was revoked',
  'connection.denied': 'a connection was refused', 'connection.reauth_required': 'a connection has to be renewed by its person',
  'approval.requested': 'an approval was asked for', 'approval.granted': 'an approval was given', 'approval.denied': 'an approval was declined',
  'approval.expired': 'an approval ran out',
  'agent.registered': 'an agent was registered', 'agent.changed': 'an agent was changed', 'agent.revoked': 'an agent was revoked', 'agent.restored': 'an agent was restored',
  'policy.loaded': 'policies were loaded', 'policy.rejected': 'policies were rejected',
  'admin.signed_in': 'somebody signed in', 'admin.sign_in_denied': 'a sign-in was refused', 'admin.signed_out': 'somebody signed out',
  'admin.denied': 'the admin API refused', 'admin.exported': 'the audit was exported',
  'admin.break_glass_requested': 'emergency access was asked for', 'admin.break_glass_granted': 'emergency access was given',
  'admin.break_glass_denied': 'emergency access was declined', 'admin.break_glass_used': 'emergency access was used', 'admin.break_glass_ended': 'emergency access ended',
  'admin.key_rotated': 'a key was replaced', 'admin.started': 'Postern started', 'admin.stopped': 'Postern stopped',
  'admin.audit_recovered': 'the audit recovered', 'admin.config_loaded': 'the configuration was loaded', 'admin.config_rejected': 'the configuration was rejected',
}
