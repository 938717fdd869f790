import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../src/authority/admin/wire/approval.ts'
import type { DelegationView, SessionView } from '../../src/authority/admin/wire/delegation.ts'
import type { ReportView } from '../../src/authority/admin/wire/report.ts'
import { plainText as plainTextOfServer } from '../../src/authority/pages/plain-text.ts'
import { groupByAgent } from '../../src/dashboard/access/group-by-agent.ts'
import { mergeReports } from '../../src/dashboard/access/merge-reports.ts'
import { earlierEnds, narrowingOf, wholeForm, type KeptAccess, type NarrowingForm } from '../../src/dashboard/access/narrowing.ts'
import { revokeAgentForMe } from '../../src/dashboard/access/revoke-agent-for-me.ts'
import { wordsOf } from '../../src/dashboard/access/revocation.ts'
import { answerable, waitingQuery } from '../../src/dashboard/access/waiting.ts'
import { ApiError } from '../../src/dashboard/api/api-error.ts'
import type { Api, Query } from '../../src/dashboard/api/client.ts'
import type { Me } from '../../src/dashboard/api/me.ts'
import { readPages } from '../../src/dashboard/api/read-pages.ts'
import { plainText } from '../../src/dashboard/parts/plain-text.ts'

const NOW_MS = Date.parse('2026-11-22T09:00:00Z')

function delegation(id: string, change: Partial<DelegationView> = {}): DelegationView {
  return {
    id, agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer', owner: null }, person: 'user:alice@acme.com', state: 'active', version: 3,
    access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/*', 'other/one'], connection: null, title: 'GitHub', words: [], account: null }],
    created_at: '2026-11-22T08:00:00.000Z', expires_at: '2026-11-22T12:00:00.000Z', last_used_at: null, ended_at: null, ended_by: null, end_reason: null, ...change,
  }
}

const session = (id: string, of: string, state: SessionView['state'] = 'running'): SessionView => ({
  id, delegation: of, agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer' }, person: 'user:alice@acme.com', state,
  started_at: '2026-11-22T08:00:00.000Z', expires_at: '2026-11-22T12:00:00.000Z', ended_at: null, end_reason: null,
})

const report = (change: Partial<ReportView> = {}): ReportView => ({ revoked: 'dlg_1', changed: true, delegations: [], sessions: [], connections: [], credentials: [], streams_cut: 0, left: [], ...change })
const me = (roles: Me['roles'] = ['person'], breakGlass = false): Me =>
  ({ id: 'user:alice@acme.com', name: null, email: null, roles, break_glass: breakGlass, signed_in_at: '2026-11-22T08:00:00.000Z', csrf: null })

describe('a text of somebody else’s', () => {
  it('stands on the dashboard as it does on the pages of the server', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 3, max: 150 }), (text, most) => plainText(text, most) === plainTextOfServer(text, most)))
  })

  it.each([['a\u202Egpj', 'a[U+202E]gpj'], ['zero\u200Bwidth', 'zero[U+200B]width'], ['\u0000', '[U+0000]'], ['PR Reviewer', 'PR Reviewer'], ['é\u0301\u0301\u0301\u0301\u0301', 'é\u0301\u0301\u0301']])('spells out what cannot be seen: %j', (text, shown) => {
    expect(plainText(text)).toBe(shown)
  })
})

describe('agents', () => {
  it('come with what runs by each approval, in the order of the newest; what is over is no longer there', () => {
    const triage = { id: 'agent:issue-triage', name: null, owner: 'team' }
    const groups = groupByAgent([
      delegation('dlg_3', { agent: triage }), delegation('dlg_2', { last_used_at: '2026-11-22T08:30:00.000Z' }), delegation('dlg_1', { state: 'expired' }), delegation('dlg_0', { agent: triage, last_used_at: '2026-11-22T08:10:00.000Z' }),
    ], [session('ses_1', 'dlg_2'), session('ses_2', 'dlg_2', 'ended'), session('ses_3', 'dlg_nowhere')])
    expect(groups.map(({ agent, runs, lastUsedAt }) => [agent.id, runs.map(({ delegation: { id }, sessions }) => [id, sessions.map((each) => each.id)]), lastUsedAt])).toEqual([
      ['agent:issue-triage', [['dlg_3', []], ['dlg_0', []]], '2026-11-22T08:10:00.000Z'],
      ['agent:pr-reviewer', [['dlg_2', ['ses_1']]], '2026-11-22T08:30:00.000Z'],
    ])
  })
})

describe('reports', () => {
  it('of several revocations are told as one', () => {
    const merged = mergeReports('agent:x', [
      report({ delegations: ['dlg_1'], sessions: ['ses_1'], streams_cut: 1, credentials: [{ integration: 'github', dropped: 1, revoked_upstream: 1 }], left: ['tickets: one'] }),
      report({ changed: false, delegations: ['dlg_2'], sessions: ['ses_1'], streams_cut: 2, credentials: [{ integration: 'github', dropped: 2, revoked_upstream: 0 }, { integration: 'slack', dropped: 1, revoked_upstream: 1 }], left: ['tickets: one'] }),
    ])
    expect(merged).toEqual({
      revoked: 'agent:x', changed: true, delegations: ['dlg_1', 'dlg_2'], sessions: ['ses_1'], connections: [], streams_cut: 3, left: ['tickets: one'],
      credentials: [{ integration: 'github', dropped: 3, revoked_upstream: 1 }, { integration: 'slack', dropped: 1, revoked_upstream: 1 }],
    })
  })

  it('of nothing tell that nothing was changed', () => {
    expect(mergeReports('agent:x', [])).toEqual(report({ revoked: 'agent:x', changed: false }))
  })
})

describe('revoking an agent for oneself', () => {
  /** Approvals that live until they are revoked; some cannot be. */
  function apiWith(live: string[], refused: readonly string[] = []): { api: Pick<Api, 'get' | 'post'>; asked: Query[]; most: () => number } {
    const asked: Query[] = []
    let [open, most] = [0, 0]
    const get = (_path: string, { query = {} }: { query?: Query } = {}): Promise<unknown> => {
      asked.push(query)
      return Promise.resolve({ items: live.map((id) => delegation(id)), next: null })
    }
    const post = async (path: string): Promise<unknown> => {
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => { setImmediate(resolve) })
      open -= 1
      const id = path.split('/')[3] ?? ''
      if (refused.includes(id)) throw new ApiError({ title: 'It broke.', code: 'internal', status: 500 })
      live.splice(live.indexOf(id), 1)
      return report({ delegations: [id] })
    }
    return { api: { get, post } as Pick<Api, 'get' | 'post'>, asked, most: () => most }
  }
  const wish = { person: 'user:alice@acme.com', agent: 'agent:x', reason: undefined }

  it('ends all of one’s own approvals of it, a few at a time', async () => {
    const ids = Array.from({ length: 11 }, (_, at) => `dlg_${at}`)
    const { api, asked, most } = apiWith([...ids])
    const made = await revokeAgentForMe(api, wish)
    expect([[...made.delegations].sort(), made.left, most()]).toEqual([[...ids].sort(), [], 4])
    expect(asked[0]).toMatchObject({ person: 'user:alice@acme.com', agent: 'agent:x', state: 'active' })
  })

  it('waits where it comes too often, and sends again what was refused so', async () => {
    const { api } = apiWith(['dlg_1', 'dlg_2', 'dlg_3'])
    let refusals = 2
    const limited = { ...api, post: (path: string) => {
      if (refusals === 0) return api.post(path)
      refusals -= 1
      return Promise.reject(new ApiError({ title: 'Too many.', code: 'too_many_requests', status: 429, retryAfterMs: 1 }))
    } } as Pick<Api, 'get' | 'post'>
    const made = await revokeAgentForMe(limited, wish)
    expect([[...made.delegations].sort(), made.left]).toEqual([['dlg_1', 'dlg_2', 'dlg_3'], []])
  })

  it('tells which could not be ended, and tries none for ever', async () => {
    const made = await revokeAgentForMe(apiWith(['dlg_1', 'dlg_2'], ['dlg_2']).api, wish)
    expect([made.delegations, made.left]).toEqual([['dlg_1'], ['dlg_2 was not revoked: It broke.']])
  })

  it('fails where nothing could be ended', async () => {
    await expect(revokeAgentForMe(apiWith(['dlg_1'], ['dlg_1']).api, wish)).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('what is about to be taken back', () => {
  it.each([
    [{ kind: 'session', session: session('ses_1', 'dlg_1') }, 'End this session of PR Reviewer?', 'End it'],
    [{ kind: 'delegation', delegation: delegation('dlg_1'), sessions: 2 }, 'Revoke this approval of PR Reviewer?', 'Revoke'],
    [{ kind: 'agent', group: { agent: { id: 'agent:x', name: 'a\u202Eb', owner: null }, runs: [], lastUsedAt: null }, person: 'user:a' }, 'Revoke a[U+202E]b?', 'Revoke all'],
  ] as const)('is asked about: %j', (revocation, question, verb) => {
    expect(wordsOf(revocation)).toMatchObject({ question, verb })
  })
})

describe('a narrowing', () => {
  const whole = delegation('dlg_1')
  const kept = (change: Partial<KeptAccess> = {}): KeptAccess => ({ scopes: new Set(['pulls:read', 'pulls:write']), targets: new Set(['acme-corp/*', 'other/one']), names: new Map(), ...change })
  const form = (change: Partial<KeptAccess>, endsInMs?: number): NarrowingForm => ({ kept: [kept(change)], endsInMs })

  it.each<[string, NarrowingForm, object]>([
    ['nothing', wholeForm(whole.access), { problem: 'Nothing is taken away yet.' }],
    ['all scopes', form({ scopes: new Set() }), { problem: 'Nothing would be left of it. To take all of it back, revoke it.' }],
    ['all targets', form({ targets: new Set() }), { problem: 'Nothing would be left of it. To take all of it back, revoke it.' }],
    ['a scope', form({ scopes: new Set(['pulls:read']) }), { body: { version: 3, access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*', 'other/one'] }] } }],
    ['a target', form({ targets: new Set(['other/one']) }), { body: { version: 3, access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['other/one'] }] } }],
    ['all of a pattern but some names', form({ names: new Map([['acme-corp/*', ' acme-corp/a \n\nother/one']]) }), { body: { version: 3, access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/a', 'other/one'] }] } }],
    ['time', form({}, 60_000), { body: { version: 3, expires_at: '2026-11-22T09:01:00.000Z' } }],
    ['what names of a target that goes anyway say', form({ targets: new Set(['other/one']), names: new Map([['acme-corp/*', 'acme-corp/a']]) }), { body: { version: 3, access: [expect.objectContaining({ targets: ['other/one'] })] } }],
  ])('that takes away %s', (_, filled, expected) => {
    expect(narrowingOf(whole, filled, NOW_MS)).toEqual(expected)
  })

  it('offers only ends that come before the one that stands', () => {
    expect(earlierEnds('2026-11-22T10:30:00.000Z', NOW_MS).map(([, words]) => words)).toEqual(['in 15 minutes', 'in 1 hour'])
    expect(earlierEnds('2026-11-22T09:10:00.000Z', NOW_MS)).toEqual([])
  })
})

describe('questions', () => {
  const question = (change: Partial<ApprovalView>): ApprovalView => ({ kind: 'operation', state: 'pending', person: 'user:alice@acme.com', ...change }) as ApprovalView

  it.each<[string, Me, Partial<ApprovalView>, boolean]>([
    ['one’s own', me(), {}, true], ['one that is over', me(), { state: 'expired' }, false], ['another’s', me(), { person: 'user:bob@acme.com' }, false],
    ['another’s, as an operator', me(['person', 'operator']), { person: 'user:bob@acme.com' }, true], ['another’s, as an auditor', me(['person', 'auditor']), { person: 'user:bob@acme.com' }, false],
    ['one’s own for emergency access', me(['person', 'operator']), { kind: 'break_glass' }, false], ['another’s for emergency access, as an operator', me(['person', 'operator']), { kind: 'break_glass', person: 'user:bob@acme.com' }, true],
    ['another’s for emergency access, by a lent role', me(['person', 'operator'], true), { kind: 'break_glass', person: 'user:bob@acme.com' }, false],
  ])('%s', (_, who, change, can) => {
    expect(answerable([question(change)], who)).toHaveLength(can ? 1 : 0)
  })

  it('are read for oneself, and by operators for all', () => {
    expect([waitingQuery(me()), waitingQuery(me(['person', 'auditor'])), waitingQuery(me(['person', 'operator']))])
      .toEqual([{ state: 'pending', person: 'user:alice@acme.com' }, { state: 'pending', person: 'user:alice@acme.com' }, { state: 'pending' }])
  })
})

describe('a list in parts', () => {
  const listOf = (size: number, part: number): Pick<Api, 'get'> => ({
    get: <T>(_path: string, options?: { readonly query?: Query }) => {
      const query = options?.query ?? {}
      const from = Number(query['after'] ?? 0)
      const to = Math.min(size, from + Math.min(part, Number(query['limit'])))
      return Promise.resolve({ items: Array.from({ length: to - from }, (_, at) => from + at), next: to < size ? String(to) : null } as T)
    },
  })

  it.each([[120, 50, 50, true], [50, 50, 50, false], [120, 500, 120, false], [1200, 1200, 1200, false], [1201, 1200, 1200, true], [0, 50, 0, false]])(
    'of %d, of which %d are wanted, is %d long; more: %s', async (size, wanted, length, hasMore) => {
      const listed = await readPages<number>(listOf(size, 500), '/v1/x', { wanted })
      expect([listed.items.length, listed.hasMore]).toEqual([length, hasMore])
      expect(listed.items).toEqual(Array.from({ length }, (_, at) => at))
    })
})
