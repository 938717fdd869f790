import { describe, expect, it } from 'vitest'
import { GENESIS } from '../../src/audit/chain.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import { humanFormat, wantsColor } from '../../src/audit/human.ts'
import { parseRecord, type ReadRecord } from '../../src/audit/record.ts'
import { matchesFilter, type RecordFilter } from '../../src/audit/record-filter.ts'
import { callEvent } from './support/event.ts'
import { lineOf } from './support/line.ts'

const plain = humanFormat(false)

function recordOf(event: AuditEvent): ReadRecord {
  const record = parseRecord(lineOf(GENESIS, event, Date.UTC(2026, 10, 21, 9, 32, 15)))
  if (record === undefined) throw new Error('the test made no record')
  return record
}

const denied: Partial<AuditEvent> = {
  event: 'api.denied',
  outcome: 'denied',
  code: 'policy_denied',
  credential: undefined,
  policy_evaluation: { org_policy: 'deny', user_consent: 'allow', agent_permissions: 'allow' },
  rule: 'org/production-is-read-only',
  rule_at: 'policies/org.yaml:12',
  reason: 'org_policy: Production repositories are read-only for agents.',
  http: { method: 'POST', host: 'api.github.com', path: '/repos/acme/prod-db/pulls', status: 403, duration_ms: 2 },
}

const LINES: readonly (readonly [string, AuditEvent, string])[] = [
  [
    'what an operator took back, and who that was',
    {
      event: 'delegation.revoked', agent: { id: 'agent:issue-triage', name: 'Issue Triage' }, user: { id: 'user:alice@acme.com', name: undefined },
      by: 'user:olivia@acme.com', delegation: 'dlg_1', session: 'ses_1', reason: 'strange calls', outcome: 'ok',
    },
    '09:32:15 delegation.revoked dlg_1 agent:issue-triage for alice@acme.com by olivia@acme.com - strange calls',
  ],
  [
    'a call',
    callEvent('x'),
    '09:32:15 api.call GET /repos/acme/backend/pulls/42 200 41ms agent:pr-reviewer for alice@acme.com',
  ],
  [
    'a credential, beginning as people know it',
    callEvent('x', { event: 'credential.issued' }),
    '09:32:15 credential.issued agent:pr-reviewer -> github for alice@acme.com (pulls:read on acme/backend, 600s)',
  ],
  [
    'a credential of an agent that acts for itself',
    callEvent('x', { event: 'credential.issued', user: undefined, scopes: undefined, target: undefined, lifetime: 'static' }),
    '09:32:15 credential.issued agent:pr-reviewer -> github (static)',
  ],
  [
    'a refusal with layer, rule, place and reason',
    callEvent('x', denied),
    '09:32:15 api.denied POST /repos/acme/prod-db/pulls 403 2ms agent:pr-reviewer for alice@acme.com - denied by org_policy, ' +
      'rule org/production-is-read-only (policies/org.yaml:12): Production repositories are read-only for agents. [policy_denied]',
  ],
  [
    'a refusal by several layers: the one that its reason is of',
    {
      event: 'api.denied', outcome: 'denied', code: 'policy_denied', reason: 'agent_permissions: No allow rule covers it.',
      policy_evaluation: { org_policy: 'allow', user_consent: 'deny', agent_permissions: 'deny' },
    },
    '09:32:15 api.denied - denied by agent_permissions: No allow rule covers it. [policy_denied]',
  ],
  [
    'a refusal before any decision',
    { event: 'api.denied', outcome: 'denied', code: 'host_not_served', reason: 'route: no integration', http: { method: 'GET', host: 'evil.test', path: '/' } },
    '09:32:15 api.denied GET evil.test/ - route: no integration [host_not_served]',
  ],
  [
    'a question for approval',
    callEvent('x', { ...denied, code: 'approval_required', policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'ask' } }),
    '09:32:15 api.denied POST /repos/acme/prod-db/pulls 403 2ms agent:pr-reviewer for alice@acme.com - agent_permissions asks for approval, ' +
      'rule org/production-is-read-only (policies/org.yaml:12): Production repositories are read-only for agents. [approval_required]',
  ],
  [
    'a call that was cut off',
    callEvent('x', { outcome: 'revoked', reason: 'agent revoked' }),
    '09:32:15 api.call GET /repos/acme/backend/pulls/42 200 41ms revoked agent:pr-reviewer for alice@acme.com - agent revoked',
  ],
  ['loaded policies', { event: 'policy.loaded', outcome: 'ok', policy_hash: `sha256:${'ab'.repeat(32)}` }, '09:32:15 policy.loaded sha256:abababababab'],
  ['a recovery', { event: 'admin.audit_recovered', outcome: 'ok', reason: 'the disk was full' }, '09:32:15 admin.audit_recovered - the disk was full'],
]

describe('the human form', () => {
  it.each(LINES)('of %s', (_name, event, line) => {
    expect(plain(recordOf(event))).toBe(line)
  })

  it('cannot be made to move the cursor, begin a line, or look like another record', () => {
    const path = '/\u001b[2K\r\n09:32:15 api.call \u202e\u2028\u009b\\u{1b}\ud800Zoë'
    const line = plain(recordOf(callEvent('x', { http: { method: 'GET', host: 'h', path } })))
    expect(line).toContain('/\\u{1b}[2K\\u{d}\\u{a}09:32:15 api.call \\u{202e}\\u{2028}\\u{9b}\\\\u{1b}\\u{d800}Zoë')
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })

  it('stands whatever another hand wrote into the fields', () => {
    const fields = { http: 'x', agent: [], user: { id: 7 }, scopes: [1, null], policy_evaluation: { '\u001b': 'deny' }, outcome: 'denied', code: 'a\nb' }
    const line = plain({ seq: 1, ts: '\u001b', event: 'api.denied\u0007', prev: '', fields })
    expect(line).toBe('\\u{1b} api.denied\\u{7} - denied by \\u{1b}: [a\\u{a}b]'.replace('  ', ' '))
  })

  it('has colours only where they are asked for', () => {
    expect(humanFormat(true)(recordOf(callEvent('x')))).toContain('\u001b[32mapi.call\u001b[0m')
    expect(humanFormat(true)(recordOf(callEvent('x', denied)))).toContain('\u001b[31mapi.denied\u001b[0m')
  })

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: colours %s', (terminal, env, colored) => {
    expect(wantsColor(terminal, env)).toBe(colored)
  })
})

describe('a filter', () => {
  const record = recordOf(callEvent('x'))
  const FILTERS: readonly (readonly [RecordFilter, boolean])[] = [
    [{}, true],
    [{ agent: 'agent:pr-reviewer' }, true],
    [{ agent: 'pr-reviewer' }, true],
    [{ agent: 'pr' }, false],
    [{ person: 'alice@acme.com' }, true],
    [{ person: 'user:bob@acme.com' }, false],
    [{ integration: 'github' }, true],
    [{ integration: 'slack' }, false],
    [{ event: 'api.call' }, true],
    [{ event: 'api' }, true],
    [{ event: 'ap' }, false],
    [{ outcome: 'ok' }, true],
    [{ outcome: 'denied' }, false],
    [{ sinceMs: Date.UTC(2026, 10, 21, 9, 32, 15) }, true],
    [{ sinceMs: Date.UTC(2026, 10, 21, 9, 32, 16) }, false],
    [{ agent: 'pr-reviewer', integration: 'slack' }, false],
  ]
  it.each(FILTERS)('%j: %s', (filter, matches) => {
    expect(matchesFilter(record, filter)).toBe(matches)
  })
})
