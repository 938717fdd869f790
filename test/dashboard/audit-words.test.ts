import { describe, expect, it } from 'vitest'
import { readRecord, type AuditRecord } from '../../src/dashboard/audit/audit-record.ts'
import { layersOf } from '../../src/dashboard/audit/decided-layers.ts'
import { latencyText, rowWords, sentenceOf, type RowWords } from '../../src/dashboard/audit/record-words.ts'
import { relatedQuery } from '../../src/dashboard/audit/related.ts'

const BASE = { v: 1, seq: 7, ts: '2026-11-21T09:32:15.000Z', id: 'evt_x' }
const AGENT = { id: 'agent:pr-reviewer', name: 'PR Reviewer' }
const ALICE = { id: 'user:alice@acme.com', name: 'Alice Chen' }

function read(fields: object): AuditRecord {
  const record = readRecord({ ...BASE, ...fields })
  if (record === undefined) throw new Error('no record')
  return record
}

describe('a record in words', () => {
  const ROWS: readonly [fields: object, words: RowWords, sentence: string][] = [
    [
      { event: 'api.call', agent: AGENT, user: ALICE, integration: 'github', http: { method: 'GET', host: 'h', path: '/repos/acme/backend/pulls/42', status: 200, duration_ms: 41 }, outcome: 'ok' },
      { what: 'GET /repos/acme/backend/pulls/42', who: 'pr-reviewer for alice@acme.com', ended: '200 41 ms', tone: 'plain' },
      'PR Reviewer for Alice Chen called GET /repos/acme/backend/pulls/42 of github: answered 200 after 41 ms.',
    ],
    [
      { event: 'api.denied', agent: AGENT, user: ALICE, http: { method: 'POST', path: '/x', status: 403 }, outcome: 'denied', code: 'policy_denied', reason: 'not on main' },
      { what: 'POST /x', who: 'pr-reviewer for alice@acme.com', ended: 'denied policy_denied', tone: 'bad' }, 'PR Reviewer for Alice Chen was refused POST /x: not on main.',
    ],
    [
      { event: 'api.call', agent: AGENT, http: { method: 'GET', path: '/x', duration_ms: 5000 }, outcome: 'aborted' },
      { what: 'GET /x', who: 'pr-reviewer', ended: 'aborted', tone: 'warn' }, 'PR Reviewer called GET /x: without an answer after 5.0 s, aborted.',
    ],
    [
      { event: 'credential.issued', agent: AGENT, user: ALICE, via: 'agent:review-mcp', integration: 'github', scopes: ['pulls:read', 'pulls:write'], target: 'acme/backend', outcome: 'ok' },
      { what: 'github pulls:read pulls:write on acme/backend', who: 'pr-reviewer for alice@acme.com via review-mcp', ended: 'ok', tone: 'plain' },
      'PR Reviewer for Alice Chen via review-mcp: a credential was issued (github pulls:read pulls:write on acme/backend).',
    ],
    [
      { event: 'agent.revoked', agent: AGENT, by: 'user:olga@acme.com', outcome: 'ok', reason: 'compromised' },
      { what: 'compromised', who: 'pr-reviewer, by olga@acme.com', ended: 'ok', tone: 'warn' }, 'PR Reviewer: an agent was revoked: compromised.',
    ],
    [{ event: 'admin.started', outcome: 'ok' }, { what: 'Postern started', who: '', ended: 'ok', tone: 'plain' }, 'Postern started.'],
    [{ event: 'admin.denied', user: ALICE, outcome: 'denied', code: 'role_required', count: 12 }, { what: 'the admin API refused', who: 'alice@acme.com', ended: 'denied role_required ×12', tone: 'bad' }, 'Alice Chen: the admin API refused.'],
    [{ event: 'delegation.granted', user: ALICE, outcome: 'ok' }, { what: 'access was approved', who: 'alice@acme.com', ended: 'ok', tone: 'good' }, 'Alice Chen: access was approved.'],
    [{ event: 'new.event', outcome: 'ok' }, { what: '', who: '', ended: 'ok', tone: 'plain' }, 'New.event.'],
  ]
  for (const [fields, words, sentence] of ROWS) {
    it(`says: ${sentence}`, () => {
      expect(rowWords(read(fields))).toEqual(words)
      expect(sentenceOf(read(fields))).toBe(sentence)
    })
  }

  it('tells latencies so that they can be compared', () => {
    expect([0.123, 9.96, 41.4, 999.4, 1234, 25_000].map(latencyText)).toEqual(['0.1 ms', '10 ms', '41 ms', '999 ms', '1.2 s', '25 s'])
  })
})

describe('a record as the API answers it', () => {
  it('is none without its number, time, event and id', () => {
    for (const broken of [null, 'x', [], {}, { ...BASE }, { ...BASE, event: 7 }, { ...BASE, event: 'x', seq: '7' }]) expect(readRecord(broken)).toBeUndefined()
  })

  it('keeps nothing that is of another kind than it should be', () => {
    const record = read({ event: 'x', agent: 'agent:x', user: { name: 'x' }, scopes: ['a', 7, null], http: { path: '/x' }, reason: { a: 1 }, count: 'many', policy_evaluation: [] })
    expect(record).toMatchObject({ agent: undefined, user: undefined, scopes: ['a'], http: undefined, reason: undefined, count: undefined, layers: undefined })
  })

  it('puts its reason to the layer that alone did not allow', () => {
    const layers = (org: string, consent: string, agent: string) => read({ event: 'x', reason: 'why', policy_evaluation: { org_policy: org, user_consent: consent, agent_permissions: agent } })
    expect(layersOf(layers('deny', 'allow', 'allow'))).toEqual({
      decidedBy: 'org_policy', layers: { org_policy: { effect: 'deny', reason: 'why' }, user_consent: { effect: 'allow' }, agent_permissions: { effect: 'allow' } },
    })
    expect(layersOf(layers('deny', 'deny', 'allow')).decidedBy).toBeUndefined()
    const named = layersOf({ ...layers('allow', 'deny', 'deny'), reason: 'agent_permissions: No allow rule covers it.' })
    expect([named.decidedBy, named.layers.agent_permissions?.reason, named.layers.user_consent?.reason]).toEqual(['agent_permissions', 'No allow rule covers it.', undefined])
    expect(layersOf(layers('allow', 'allow', 'allow')).decidedBy).toBeUndefined()
  })

  it('is looked for among its neighbours by what narrows most', () => {
    expect(relatedQuery(read({ event: 'x' }))).toBeUndefined()
    expect(relatedQuery(read({ event: 'x', exchange: 'exc_1', session: 'ses_1', delegation: 'dlg_1', agent: AGENT }))).toMatchObject({ session: 'ses_1', delegation: undefined, agent: AGENT.id, since: '2026-11-21T09:17:15.000Z' })
  })
})
