import { beforeEach, describe, expect, it } from 'vitest'
import type { AuditFilter, IndexedRecord } from '../../../src/store/ports/audit-index.ts'
import type { SeriesWindow } from '../../../src/store/ports/audit-series.ts'
import { allPages, type OpenStore, type StoreUnderTest } from './store-under-test.ts'

function record(chain: string, seq: number, changes: Partial<IndexedRecord> = {}): IndexedRecord {
  const base = {
    chain, seq, timeMs: 1000 + seq, event: 'api.call', agent: 'agent:pr-reviewer', person: 'user:alice@acme.com',
    delegation: 'dlg_1', session: 'ses_1', integration: 'github', outcome: 'ok', durationMs: 40.5,
  }
  return { ...base, line: JSON.stringify({ seq, chain, text: 'line \u{1f511}' }), ...changes }
}

/** What every adapter of the audit index port keeps to. */
export function auditIndexContract(open: OpenStore): void {
  describe('the audit index', () => {
    let under: StoreUnderTest
    const index = () => under.store.auditIndex
    const found = async (filter: AuditFilter, limit = 2) =>
      (await allPages((after) => index().query(filter, { limit, after }))).map(({ chain, seq }) => `${chain}${seq}`)

    beforeEach(async () => { under = await open() })

    it('gives back what was put in, with and without what is optional, also over reopening', async () => {
      const bare = record('a', 2, {
        agent: undefined, person: undefined, delegation: undefined, session: undefined, integration: undefined, outcome: undefined, durationMs: undefined, event: 'policy.loaded',
      })
      await index().append([record('a', 1), bare])
      await index().append([])
      await under.store.close()
      expect((await (await under.reopen()).auditIndex.query({}, { limit: 10 })).items).toEqual([bare, record('a', 1)])
    })

    it('leaves what is there already as it is, whoever puts it in again', async () => {
      const other = await under.reopen()
      const records = [1, 2, 3].map((seq) => record('a', seq))
      await Promise.all([index().append(records), other.auditIndex.append(records), index().append(records)])
      await index().append([record('a', 2, { event: 'admin.forged', timeMs: 9999 }), record('a', 4)])
      expect((await index().query({}, { limit: 10 })).items).toEqual([4, 3, 2, 1].map((seq) => record('a', seq)))
    })

    it('knows the last one of each chain', async () => {
      expect(await index().lastSeq('a')).toBe(0)
      await index().append([record('a', 7), record('a', 3), record('b', 12)])
      expect([await index().lastSeq('a'), await index().lastSeq('b'), await index().lastSeq('c')]).toEqual([7, 12, 0])
    })

    it('lists newest first over all chains, in parts, each record once', async () => {
      await index().append([record('b', 1, { timeMs: 5 }), record('a', 1, { timeMs: 5 }), record('a', 2, { timeMs: 5 }), record('a', 3, { timeMs: 4 }), record('b', 2, { timeMs: 6 })])
      for (const limit of [1, 2, 3, 5]) expect(await found({}, limit)).toEqual(['b2', 'b1', 'a2', 'a1', 'a3'])
      expect((await index().query({}, { limit: 5 })).next).toBeUndefined()
      expect((await index().query({}, { limit: 4 })).items).toHaveLength(4)
    })

    it('orders a chain by number, not by text', async () => {
      await index().append([9, 10, 100, 99].map((seq) => record('a', seq, { timeMs: 5 })))
      expect(await found({}, 1)).toEqual(['a100', 'a99', 'a10', 'a9'])
    })

    it('goes on where it was while new ones are put in', async () => {
      await index().append([1, 2, 3, 4].map((seq) => record('a', seq)))
      const first = await index().query({}, { limit: 2 })
      await index().append([record('a', 5)])
      const second = await index().query({}, { limit: 2, after: first.next })
      expect(second.items.map(({ seq }) => seq)).toEqual([2, 1])
    })

    it.each<[string, AuditFilter, string[]]>([
      ['an agent', { agent: 'agent:issue-triage' }, ['a4', 'a2']],
      ['a person', { person: 'user:bob@acme.com' }, ['a5', 'a3']],
      ['a delegation', { delegation: 'dlg_2' }, ['a5', 'a2']],
      ['a session', { session: 'ses_9' }, ['a5']],
      ['a delegation and what was refused under it', { delegation: 'dlg_2', outcome: 'denied' }, ['a5']],
      ['a session of another delegation', { delegation: 'dlg_1', session: 'ses_9' }, []],
      ['what was refused to another person', { person: 'user:alice@acme.com', outcome: 'denied' }, []],
      ['what went well for a person', { person: 'user:bob@acme.com', outcome: 'ok' }, ['a3']],
      ['what was refused, of one kind, since a moment', { event: 'api', outcome: 'denied', sinceMs: 1005 }, ['a5']],
      ['an integration', { integration: 'slack' }, ['a3', 'a2']],
      ['an outcome', { outcome: 'denied' }, ['a5']],
      ['an event', { event: 'credential.issued' }, ['a4', 'a3']],
      ['the first part of an event', { event: 'credential' }, ['a6', 'a4', 'a3']],
      ['no part of a part', { event: 'cred' }, []],
      ['nothing that only looks like a pattern', { event: 'credential%' }, []],
      ['an event and nothing below it', { event: 'credential.issue' }, []],
      ['since a moment, that one included', { sinceMs: 1004 }, ['a6', 'a5', 'a4']],
      ['until a moment, that one included', { untilMs: 1002 }, ['a2', 'a1']],
      ['a span', { sinceMs: 1002, untilMs: 1003 }, ['a3', 'a2']],
      ['all of it at once', { agent: 'agent:issue-triage', event: 'credential', integration: 'github', person: 'user:alice@acme.com', outcome: 'ok', sinceMs: 1, untilMs: 9999 }, ['a4']],
      ['what never was', { agent: 'agent:unknown' }, []],
    ])('finds by %s', async (_, filter, expected) => {
      await index().append([
        record('a', 1),
        record('a', 2, { agent: 'agent:issue-triage', integration: 'slack', delegation: 'dlg_2' }),
        record('a', 3, { person: 'user:bob@acme.com', integration: 'slack', event: 'credential.issued' }),
        record('a', 4, { agent: 'agent:issue-triage', event: 'credential.issued' }),
        record('a', 5, { person: 'user:bob@acme.com', outcome: 'denied', event: 'api.denied', delegation: 'dlg_2', session: 'ses_9' }),
        record('a', 6, { event: 'credential.expired', agent: undefined, person: undefined }),
      ])
      expect(await found(filter, 1)).toEqual(expected)
      expect(await found(filter, 50)).toEqual(expected)
    })

    it('finds one by its place, and none that is not there', async () => {
      await index().append([record('a', 1), record('b', 1, { person: 'user:bob@acme.com' })])
      expect(await index().get('b', 1)).toEqual(record('b', 1, { person: 'user:bob@acme.com' }))
      expect([await index().get('a', 2), await index().get('c', 1), await index().get('a:1', 1)]).toEqual([undefined, undefined, undefined])
      await index().prune(1)
      expect([await index().get('a', 1), (await index().get('b', 1))?.seq]).toEqual([undefined, 1])
    })

    describe('as a series', () => {
      const window: SeriesWindow = { sinceMs: 1000, untilMs: 1100, buckets: 4 }
      const nothing = { calls: 0, denied: 0, failed: 0, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined }
      const at = (timeMs: number, changes: Partial<IndexedRecord> = {}) => record('a', timeMs, { timeMs, ...changes })

      it('counts calls, denials and failures by part of the window, its first and its last moment included', async () => {
        await index().append([
          at(999), at(1000), at(1024, { outcome: 'failed' }), at(1025, { outcome: 'aborted', durationMs: undefined }), at(1026, { event: 'api.started' }),
          at(1049, { event: 'api.denied', outcome: 'denied' }), at(1051, { event: 'credential.denied', outcome: 'denied' }), at(1052, { outcome: 'revoked' }),
          at(1100, { durationMs: 1000 }), at(1101),
        ])
        const { items, ...rest } = await index().series({}, window)
        expect(items.map(({ atMs, calls, denied, failed }) => [atMs, calls, denied, failed])).toEqual([
          [1000, 2, 0, 1], [1025, 1, 1, 1], [1050, 1, 1, 0], [1075, 1, 0, 0],
        ])
        expect(rest).toEqual({ stepMs: 25, total: { calls: 5, denied: 2, failed: 2 }, complete: true })
        expect(items.map(({ p50Ms, p99Ms }) => [p50Ms !== undefined && Math.abs(p50Ms / 40.5 - 1) < 0.022, p99Ms !== undefined && Math.abs(p99Ms / 1000 - 1) < 0.022]))
          .toEqual([[true, false], [false, false], [true, false], [false, true]])
        expect(items[1]?.p50Ms).toBeUndefined()
      })

      it('has every part of a window in which nothing was', async () => {
        expect(await index().series({}, { sinceMs: 0, untilMs: 10, buckets: 3 })).toEqual({
          stepMs: 4, items: [0, 4, 8].map((atMs) => ({ atMs, ...nothing })), total: { calls: 0, denied: 0, failed: 0 }, complete: true,
        })
        expect((await index().series({}, { sinceMs: 0, untilMs: 3, buckets: 500 })).items).toHaveLength(3)
      })

      it('tells how long calls took, by nearest rank, whatever the order', async () => {
        await index().append(Array.from({ length: 200 }, (_, n) => at(1000 + (n % 100), { seq: n + 1, durationMs: ((n * 77) % 200) + 1 })))
        const [point] = (await index().series({}, { ...window, buckets: 1 })).items
        for (const [told, is] of [[point?.p50Ms, 100], [point?.p95Ms, 190], [point?.p99Ms, 198]] as const) {
          expect(Math.abs((told ?? 0) / is - 1)).toBeLessThan(0.022)
        }
      })

      it.each<[string, AuditFilter, number, number]>([
        ['an agent', { agent: 'agent:issue-triage' }, 1, 0],
        ['a person', { person: 'user:bob@acme.com' }, 1, 1],
        ['a delegation', { delegation: 'dlg_2' }, 1, 0],
        ['a session', { session: 'ses_2' }, 0, 1],
        ['an integration', { integration: 'slack' }, 1, 0],
        ['an event', { event: 'api.call' }, 3, 0],
        ['a kind of event', { event: 'credential' }, 0, 1],
        ['an outcome', { outcome: 'denied' }, 0, 1],
      ])('counts only by %s', async (_, filter, calls, denied) => {
        await index().append([
          at(1001, { agent: 'agent:issue-triage', integration: 'slack' }), at(1002, { delegation: 'dlg_2' }), at(1003, { person: 'user:bob@acme.com' }),
          at(1004, { person: 'user:bob@acme.com', event: 'credential.denied', outcome: 'denied', session: 'ses_2' }),
        ])
        expect((await index().series(filter, window)).total).toEqual({ calls, denied, failed: 0 })
      })

      it('refuses a window that is none', async () => {
        for (const wrong of [{ buckets: 0 }, { buckets: 501 }, { buckets: 1.5 }, { untilMs: 1000 }, { sinceMs: Number.NaN }, { sinceMs: -1 }, { untilMs: Infinity }]) {
          await expect(index().series({}, { ...window, ...wrong })).rejects.toThrow(TypeError)
        }
      })
    })

    it('forgets the oldest beyond its bound', async () => {
      await index().append([1, 2, 3, 4, 5].map((seq) => record('a', seq)))
      await index().append([record('b', 1, { timeMs: 1 })])
      await index().prune(10)
      expect(await found({})).toHaveLength(6)
      await index().prune(3)
      expect(await found({})).toEqual(['a5', 'a4', 'a3'])
      expect(await index().lastSeq('a')).toBe(5)
      await index().prune(0)
      expect(await found({})).toEqual([])
    })

    it('takes many at once and forgets many at once', async () => {
      await index().append(Array.from({ length: 5000 }, (_, n) => record('a', n + 1)))
      expect((await index().series({}, { sinceMs: 0, untilMs: 9000, buckets: 60 })).total.calls).toBe(5000)
      await index().prune(100)
      expect(await found({}, 500)).toHaveLength(100)
      expect(await found({ delegation: 'dlg_1' }, 500)).toHaveLength(100)
      expect((await index().query({}, { limit: 1 })).items[0]?.seq).toBe(5000)
    })

    it('refuses a part of none, of too many, and after nothing that it said', async () => {
      for (const wish of [{ limit: 0 }, { limit: 501 }, { limit: 10, after: 'somewhere' }, { limit: 10, after: 'e30' }]) {
        await expect(index().query({}, wish)).rejects.toThrow(TypeError)
      }
    })
  })
}
