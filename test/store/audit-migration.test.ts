import { DatabaseSync } from 'node:sqlite'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { searchSql } from '../../src/store/sqlite/audit-search.ts'
import { pageSql, seriesSql } from '../../src/store/sqlite/audit-statements.ts'
import { AUTHORITY } from '../../src/store/sqlite/migration-authority.ts'
import { migrate } from '../../src/store/sqlite/migrations.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { KEY_A, temporaryFolder } from './temporary-store.ts'

const LINES: readonly (readonly [seq: number, event: string, outcome: string, line: string])[] = [
  [1, 'api.call', 'ok', JSON.stringify({ delegation: 'dlg_1', session: 'ses_1', http: { duration_ms: 41.5 } })],
  [2, 'api.denied', 'denied', JSON.stringify({ delegation: 'dlg_2' })],
  [3, 'policy.loaded', 'ok', JSON.stringify({ policy_hash: 'sha256:abc' })],
  [4, 'api.call', 'failed', JSON.stringify({ delegation: 7, session: { id: 'ses_1' }, http: { duration_ms: 'long' } })],
  [5, 'api.call', 'ok', JSON.stringify({ delegation: 'dlg_1', session: 'ses_1', http: { duration_ms: 12 } })],
  [6, 'api.call', 'ok', 'no JSON at all'],
]

/** A store as the version before wrote it, with records in it. */
function storeOfVersion2(): string {
  const path = join(temporaryFolder(), 'store.db')
  const database = new DatabaseSync(path)
  migrate(database, path)
  // What version 3 brought is taken away again, and what it took away is put back: so the rest is the real one.
  const audit = AUTHORITY.slice(AUTHORITY.indexOf('CREATE TABLE audit_records'))
  database.exec(`DROP TABLE audit_records; ${audit} PRAGMA user_version = 2`)
  const insert = database.prepare(`INSERT INTO audit_records (chain, seq, time_ms, event, family, agent, person, integration, outcome, line)
    VALUES ('chn_a', ?, ?, ?, 'api', 'agent:pr-reviewer', 'user:alice@acme.com', 'github', ?, ?)`)
  for (const [seq, event, outcome, line] of LINES) insert.run(seq, 1000 + seq, event, outcome, line)
  database.close()
  chmodSync(path, 0o600)
  return path
}

async function opened(path: string) {
  const store = await openSqliteStore({ path, keys: [KEY_A] })
  onTestFinished(() => store.close())
  return store.auditIndex
}

describe('a store of the version before', () => {
  it('is brought up at the start: its records are found by delegation and session, and their calls have their time', async () => {
    const index = await opened(storeOfVersion2())
    const seqs = async (filter: object) => (await index.query(filter, { limit: 10 })).items.map(({ seq }) => seq)
    expect(await seqs({})).toEqual([6, 5, 4, 3, 2, 1])
    expect([await seqs({ delegation: 'dlg_1' }), await seqs({ delegation: 'dlg_2' }), await seqs({ session: 'ses_1' })]).toEqual([[5, 1], [2], [5, 1]])
    expect([await seqs({ delegation: '7' }), await index.get('chn_a', 1)]).toEqual([[], {
      chain: 'chn_a', seq: 1, timeMs: 1001, event: 'api.call', agent: 'agent:pr-reviewer', person: 'user:alice@acme.com', delegation: 'dlg_1', session: 'ses_1',
      integration: 'github', outcome: 'ok', durationMs: 41.5, line: LINES[0]?.[3],
    }])
    const { items, total } = await index.series({}, { sinceMs: 1000, untilMs: 2000, buckets: 1 })
    expect(total).toEqual({ calls: 4, denied: 1, failed: 1 })
    expect(items[0]).toMatchObject({ p50Ms: expect.closeTo(12, 0), p99Ms: 42.4 }) // the middle of its bin, 2.2 % off at most
  })

  it('takes further records, and forgets the oldest', async () => {
    const index = await opened(storeOfVersion2())
    const first = await index.get('chn_a', 1)
    if (first === undefined) throw new Error('the record is gone')
    await index.append([{ ...first, seq: 7, timeMs: 1007 }])
    await index.prune(2)
    expect((await index.query({}, { limit: 10 })).items.map(({ seq }) => seq)).toEqual([7, 6])
    expect((await index.query({ delegation: 'dlg_1' }, { limit: 10 })).items.map(({ seq }) => seq)).toEqual([7])
  })
})

const none = { agent: undefined, person: undefined, delegation: undefined, session: undefined, integration: undefined, outcome: undefined, event: undefined }

describe('every search of the audit', () => {
  const values = { agent: 'a', person: 'p', delegation: 'd', session: 's', integration: 'i', outcome: 'denied', event: 'api.call' }

  it('goes through an index in its order, never through all records', () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, ':memory:')
    const names = Object.keys(values) as (keyof typeof values)[]
    for (let chosen = 0; chosen < 2 ** names.length; chosen++) {
      const some = Object.fromEntries(names.filter((_, at) => (chosen & (2 ** at)) !== 0).map((name) => [name, values[name]]))
      for (const times of [{}, { since: 1, until: 2 }]) {
        for (const after of [undefined, { time_ms: 1, chain: 'c', seq: 1 }]) {
          const { conditions, given } = searchSql({ ...none, since: undefined, until: undefined, ...some, ...times, after })
          for (const [sql, more] of [[pageSql(conditions), { limit: 1 }], [seriesSql(conditions), {}]] as const) {
            const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({ ...given, ...more }).map(({ detail }) => String(detail))
            expect(plan[0], `${sql}: ${plan.join('; ')}`).toMatch(/USING (COVERING )?INDEX audit_/)
            // Records of one millisecond alone are put into order.
            expect(plan.slice(1).filter((step) => !/^USE TEMP B-TREE FOR LAST (2 TERMS|TERM) OF ORDER BY$/.test(step)), `${sql}: ${plan.join('; ')}`).toEqual([])
          }
        }
      }
    }
    database.close()
  })

  it.each([
    [{ person: 'p', outcome: 'denied' }, 'audit_by_outcome'],
    [{ person: 'p', outcome: 'ok' }, 'audit_of_person'],
    [{ delegation: 'd', outcome: 'denied' }, 'audit_of_delegation'],
    [{ session: 's', delegation: 'd', person: 'p' }, 'audit_of_session'],
    [{ agent: 'a', event: 'api', integration: 'i' }, 'audit_of_agent'],
    [{ event: 'api.call', integration: 'i' }, 'audit_by_event'],
    [{ event: 'api', integration: 'i' }, 'audit_of_integration'],
    [{}, 'audit_by_time'],
  ])('by %j uses %s', (search, index) => {
    const database = new DatabaseSync(':memory:')
    migrate(database, ':memory:')
    const { conditions, given } = searchSql({ ...none, since: undefined, until: undefined, after: undefined, ...search })
    expect(String(database.prepare(`EXPLAIN QUERY PLAN ${pageSql(conditions)}`).all({ ...given, limit: 1 })[0]?.['detail'])).toContain(`INDEX ${index}`)
    database.close()
  })
})
