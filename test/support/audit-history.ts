import type { AuditEvent } from '../../src/audit/event.ts'
import type { AuditLog } from '../../src/audit/log.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { newId, type DelegationId, type SessionId } from '../../src/model/ids.ts'

/** The machine's clock, which can be set back: for records of earlier. */
export class ShiftedClock implements Clock {
  shiftMs = 0

  nowMs(): number {
    return Date.now() + this.shiftMs
  }

  monotonicMs(): number {
    return performance.now()
  }
}

export interface HistoryOptions {
  readonly audit: AuditLog
  readonly clock: ShiftedClock
  readonly records: number
  /** From so long ago until now. */
  readonly overMs: number
}

/** What a history names, to be looked for. */
export interface History {
  readonly delegations: readonly DelegationId[]
  readonly sessions: readonly SessionId[]
}

const AGENTS = ['pr-reviewer', 'issue-triage', 'release-notes', 'oncall-helper', 'docs-bot'].map((name) => ({ id: `agent:${name}`, name: name.replace('-', ' ') }))
const PEOPLE = [{ id: 'user:alice@acme.com', name: 'Alice Chen' }, { id: 'user:bob@acme.com', name: 'Bob Diaz' }, { id: 'user:carol@acme.com', name: 'Carol Evans' }]
const CALLS = [
  { integration: 'github', host: 'api.github.com', method: 'GET', path: '/repos/acme-corp/backend/pulls/', operation: 'pulls/get', scopes: ['pulls:read'], target: 'acme-corp/backend' },
  { integration: 'github', host: 'api.github.com', method: 'POST', path: '/repos/acme-corp/frontend/issues/7/comments/', operation: 'issues/create-comment', scopes: ['issues:write'], target: 'acme-corp/frontend' },
  { integration: 'slack', host: 'slack.com', method: 'POST', path: '/api/chat.postMessage', operation: 'chat.postMessage', scopes: ['chat:write'], target: 'C0CODEREVIEW' },
] as const
const BATCH = 2_000

/** Writes records into the running product's own log, as its stages do: chained, signed and indexed like all others. Each run is the same but for its ids. */
export async function writeHistory({ audit, clock, records, overMs }: HistoryOptions): Promise<History> {
  const runs = Array.from({ length: 12 }, () => ({ delegation: newId('dlg'), session: newId('ses') }))
  const random = sequence(7)
  for (let from = 0; from < records; from += BATCH) {
    const batch: Promise<void>[] = []
    for (let at = from; at < Math.min(records, from + BATCH); at += 1) {
      clock.shiftMs = -overMs * (1 - at / records)
      batch.push(audit.commit(eventAt(at, runs[at % runs.length], random)))
    }
    await Promise.all(batch)
  }
  clock.shiftMs = 0
  return { delegations: runs.map(({ delegation }) => delegation), sessions: runs.map(({ session }) => session) }
}

function eventAt(at: number, run: { readonly delegation: DelegationId; readonly session: SessionId } | undefined, random: () => number): AuditEvent {
  const call = CALLS[Math.floor(random() * CALLS.length)] ?? CALLS[0]
  const who = { agent: AGENTS[at % AGENTS.length], user: PEOPLE[at % PEOPLE.length], delegation: run?.delegation, session: run?.session, identified_by: 'token' }
  const what = { integration: call.integration, operation: call.operation, scopes: call.scopes, target: call.target }
  const exchange = newId('evt').replace('evt', 'exc')
  const http = { method: call.method, host: call.host, path: call.path.endsWith('/') ? `${call.path}${at}` : call.path }
  const allowed = { policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'allow' }, policy_hash: HASH } as const
  const dice = random()
  if (dice < 0.03) {
    return {
      event: 'api.denied', ...who, ...what, exchange, http: { ...http, status: 403 }, outcome: 'denied', code: 'policy_denied',
      policy_evaluation: { org_policy: 'deny', user_consent: 'allow', agent_permissions: 'allow' }, policy_hash: HASH, rule: 'no-writes-to-main', rule_at: 'policies/org.yaml:12',
      reason: 'the organisation does not let agents write there', decision: newId('dec'),
    }
  }
  if (dice < 0.13) return { event: 'credential.issued', ...who, ...what, credential: newId('crd'), expires_in: '10m', narrowed_by: 'upstream', outcome: 'ok', ...allowed }
  if (dice < 0.16) return { event: 'session.started', ...who, outcome: 'ok' }
  if (dice < 0.17) return { event: 'api.call', ...who, ...what, exchange, http: { ...http, duration_ms: 5000 }, outcome: 'failed', code: 'upstream_unreachable', ...allowed }
  return { event: 'api.call', ...who, ...what, exchange, http: { ...http, status: 200, bytes_in: 0, bytes_out: 4096, duration_ms: Math.round(15 + 60 * random() ** 4 * 20) }, outcome: 'ok', ...allowed }
}

const HASH = `sha256:${'ab'.repeat(32)}`

/** Numbers from 0 to 1 that look like chance and are always the same. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
