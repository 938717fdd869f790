import { beforeEach, describe, expect, it } from 'vitest'
import type { AuditIndex, IndexedRecord } from '../../src/store/ports/audit-index.ts'
import { temporaryStore } from './temporary-store.ts'

const ALICE = 'user:alice@acme.com'
const MANY = 22_000
const window = { sinceMs: 0, untilMs: 1_000_000, buckets: 10 }

/** One needle, and after it very many records of the same person, run and agent. */
function haystack(): readonly IndexedRecord[] {
  const base = { chain: 'chn_a', agent: 'agent:a', person: ALICE, delegation: 'dlg_1', session: 'ses_1', integration: 'github', durationMs: undefined, line: '{}' }
  const hay = Array.from({ length: MANY }, (_, at) => ({ ...base, seq: at + 2, timeMs: 10 + Math.floor(at / 2), event: 'api.denied', outcome: 'denied' }))
  return [{ ...base, seq: 1, timeMs: 1, event: 'api.call', outcome: 'ok' }, ...hay]
}

describe('a search of the audit that goes through very many records', () => {
  let index: AuditIndex
  beforeEach(async () => {
    index = (await temporaryStore()).store.auditIndex
    await index.append(haystack())
  }, 30_000)

  it.each([
    ['a list', () => index.query({ person: ALICE, integration: 'slack' }, { limit: 10 })],
    ['when a delegation was last used', () => index.query({ delegation: 'dlg_1', event: 'api.call' }, { limit: 1 })],
    ['a series', () => index.series({ person: ALICE, integration: 'slack' }, window)],
  ])('does not keep others waiting until it has ended: %s', async (_what, search) => {
    const ended: string[] = []
    await Promise.all([search().then(() => ended.push('search')), index.lastSeq('chn_a').then(() => ended.push('another'))])
    expect(ended).toEqual(['another', 'search'])
  })

  it('looks at a bounded number for one part of a list, and goes on with the next', async () => {
    const first = await index.query({ person: ALICE, event: 'api.call' }, { limit: 10 })
    expect(first).toEqual({ items: [], next: expect.any(String) })
    const second = await index.query({ person: ALICE, event: 'api.call' }, { limit: 10, after: first.next })
    expect(second).toMatchObject({ items: [{ seq: 1 }], next: undefined })
  })

  it('finds each record once, and counts all', async () => {
    const found: number[] = []
    let after: string | undefined
    do {
      const part = await index.query({ person: ALICE, outcome: 'denied', event: 'api' }, { limit: 500, after })
      found.push(...part.items.map(({ seq }) => seq))
      after = part.next
    } while (after !== undefined)
    expect(found).toEqual(Array.from({ length: MANY }, (_, at) => MANY + 1 - at))
    expect((await index.series({ person: ALICE, integration: 'github' }, window)).total).toEqual({ calls: 1, denied: MANY, failed: 0 })
  })
})
