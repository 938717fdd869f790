import { isObject, type ReadRecord } from './record.ts'
import { terminalText } from './terminal-text.ts'

/** Turns one record into one line for people, without a newline. */
export type HumanFormat = (record: ReadRecord) => string

/** Kinds of events that are about one thing with an id of its own. */
const ABOUT: ReadonlySet<string> = new Set(['approval', 'connection', 'delegation', 'session'])

type Fields = Readonly<Record<string, unknown>>
type Paint = (text: string, color: Color) => string
type Color = 'green' | 'red' | 'yellow' | 'cyan' | 'dim'

const SGR: Readonly<Record<Color, number>> = { green: 32, red: 31, yellow: 33, cyan: 36, dim: 2 }

/**
 * The human form of a record, times in UTC:
 * `09:32:15 api.call GET /repos/acme/backend/pulls/42 200 41ms agent:pr-reviewer for alice@acme.com`.
 * A refusal says the layer, the rule, where it stands and why. Every string is escaped, whatever the log holds.
 */
export function humanFormat(colored: boolean): HumanFormat {
  const paint: Paint = colored ? (text, color) => `\u001b[${SGR[color]}m${text}\u001b[0m` : (text) => text
  return (record) => {
    const parts = [paint(clockTime(record.ts), 'dim'), paint(terminalText(record.event), eventColor(record)), ...body(record, paint)]
    return parts.filter((part) => part !== '').join(' ')
  }
}

/** Whether to colour: only a terminal, and not where the environment's `NO_COLOR` is set (no-color.org). */
export function wantsColor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR, TERM } = env
  return isTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb'
}

function body(record: ReadRecord, paint: Paint): readonly string[] {
  const { fields, event } = record
  if (event.startsWith('api.')) return [...request(fields, paint), actor(fields, paint), ...refusal(fields, paint)]
  if (event.startsWith('credential.')) return [actorToIntegration(fields, paint), grant(fields), ...refusal(fields, paint)]
  if (event === 'audit.checkpoint') return [paint(`seq ${record.seq} signed by ${text(fields, 'key')}`, 'dim')]
  return [what(record), actor(fields, paint), text(fields, 'integration'), by(fields), policy(fields), ...refusal(fields, paint)]
}

function request(fields: Fields, paint: Paint): readonly string[] {
  const http = isObject(fields['http']) ? fields['http'] : {}
  // Where no integration serves it, the host is what the reader needs to know.
  const host = fields['integration'] === undefined ? text(http, 'host') : ''
  const duration = http['duration_ms']
  return [
    text(http, 'method'),
    `${host}${text(http, 'path')}`,
    status(http['status'], paint),
    typeof duration === 'number' ? `${Math.round(duration)}ms` : '',
    fields['outcome'] === 'ok' || fields['outcome'] === 'denied' ? '' : paint(text(fields, 'outcome'), 'yellow'),
  ]
}

function status(value: unknown, paint: Paint): string {
  if (typeof value !== 'number') return ''
  return paint(String(value), value < 400 ? 'green' : value < 500 ? 'yellow' : 'red')
}

function actor(fields: Fields, paint: Paint): string {
  const agent = idOf(fields, 'agent')
  const person = idOf(fields, 'user').replace(/^user:/, '')
  return [agent === '' ? '' : paint(agent, 'cyan'), person === '' ? '' : `for ${person}`].filter((part) => part !== '').join(' ')
}

function actorToIntegration(fields: Fields, paint: Paint): string {
  const person = idOf(fields, 'user').replace(/^user:/, '')
  const who = `${paint(idOf(fields, 'agent'), 'cyan')} -> ${text(fields, 'integration')}`
  return person === '' ? who : `${who} for ${person}`
}

/** `(pull_requests:read on acme-corp/backend, 600s)` */
function grant(fields: Fields): string {
  const scopes = Array.isArray(fields['scopes']) ? fields['scopes'].filter((scope) => typeof scope === 'string').map(terminalText) : []
  const target = text(fields, 'target')
  const what = [scopes.join(' '), target === '' ? '' : `on ${target}`].filter((part) => part !== '').join(' ')
  const lifetime = text(fields, 'lifetime') === 'static' ? 'static' : text(fields, 'expires_in')
  const parts = [what, lifetime].filter((part) => part !== '')
  return parts.length === 0 ? '' : `(${parts.join(', ')})`
}

/** The id of what the event is about: of `delegation.revoked` the delegation. */
function what({ event, fields }: ReadRecord): string {
  const [kind = ''] = event.split('.')
  return ABOUT.has(kind) ? text(fields, kind) : ''
}

/** `by ops@acme.com` */
function by(fields: Fields): string {
  const who = text(fields, 'by').replace(/^user:/, '')
  return who === '' ? '' : `by ${who}`
}

function policy(fields: Fields): string {
  return text(fields, 'policy_hash').slice(0, 'sha256:'.length + 12)
}

/** `denied by org_policy, rule org/read-only (policies/org.yaml:12): Production is read-only. [policy_denied]` */
function refusal(fields: Fields, paint: Paint): readonly string[] {
  const code = text(fields, 'code')
  const reason = withoutLayer(text(fields, 'reason'))
  if (fields['outcome'] === 'ok' && code === '') return reason === '' ? [] : [`- ${reason}`]
  // A call that broke off was allowed: no rule is to blame.
  const by = fields['outcome'] === 'denied' ? [refusingLayer(fields), ruleAt(fields)].filter((part) => part !== '').join(', ') : ''
  const head = by === '' ? '-' : `- ${by}:`
  return [by === '' && reason === '' ? '' : head, reason, code === '' ? '' : paint(`[${code}]`, 'red')]
}

const LAYER = /^(org_policy|user_consent|agent_permissions): /

/** The refusing layer is told before, with its rule. */
function withoutLayer(reason: string): string {
  return reason.replace(LAYER, '')
}

function refusingLayer(fields: Fields): string {
  const evaluation = fields['policy_evaluation']
  if (!isObject(evaluation)) return ''
  // Of several that refuse, the one that the reason is of.
  const told = LAYER.exec(text(fields, 'reason'))?.[1]
  const refused = Object.entries(evaluation).filter(([, effect]) => effect === 'deny' || effect === 'ask')
  const refusing = refused.find(([layer]) => layer === told) ?? refused[0]
  if (refusing === undefined) return ''
  return refusing[1] === 'ask' ? `${terminalText(refusing[0])} asks for approval` : `denied by ${terminalText(refusing[0])}`
}

function ruleAt(fields: Fields): string {
  const rule = text(fields, 'rule')
  const at = text(fields, 'rule_at')
  if (rule === '') return at
  return at === '' ? `rule ${rule}` : `rule ${rule} (${at})`
}

function eventColor(record: ReadRecord): Color {
  const { outcome } = record.fields
  if (record.event.endsWith('denied') || record.event.endsWith('rejected') || outcome === 'denied') return 'red'
  return outcome === 'ok' || outcome === undefined ? 'green' : 'yellow'
}

/** `09:32:14`, from the timestamp; the whole of it where it has another form. */
function clockTime(ts: string): string {
  return /^\d{4}-\d{2}-\d{2}T(\d{2}:\d{2}:\d{2})/.exec(ts)?.[1] ?? terminalText(ts)
}

function idOf(fields: Fields, name: string): string {
  const owner = fields[name]
  return isObject(owner) ? text(owner, 'id') : ''
}

function text(owner: Fields, name: string): string {
  const value = owner[name]
  return typeof value === 'string' ? terminalText(value) : ''
}
