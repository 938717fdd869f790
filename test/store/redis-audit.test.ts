import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemTimers } from '../../src/lib/timers.ts'
import type { AuditFilter, AuditIndex, IndexedRecord } from '../../src/store/ports/audit-index.ts'
import { keySpace } from '../../src/store/redis/key-space.ts'
import { RedisAuditIndex } from '../../src/store/redis/redis-audit-index.ts'
import { redisClient } from '../../src/store/redis/redis-client.ts'
import { RedisLink } from '../../src/store/redis/redis-link.ts'
import { TIMINGS } from '../../src/store/redis/redis-settings.ts'
import { type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { allPages } from './contracts/store-under-test.ts'
import { freshPrefix, opened, serverAt } from './redis-under-test.ts'

let server: RedisServerUnderTest
let raw: Redis

beforeAll(async () => {
  server = await startRedisServer()
  raw = new Redis({ host: server.host, port: server.port })
})
afterAll(async () => {
  raw.disconnect()
  await server.remove()
})

function record(seq: number): IndexedRecord {
  const [delegation, session] = [`dlg_${seq % 3}`, `ses_${seq % 5}`]
  const outcome = seq % 7 === 0 ? 'denied' : 'ok'
  return {
    chain: 'chn_a', seq, timeMs: 1000 + seq, event: 'api.call', agent: 'agent:pr-reviewer', person: 'user:alice@acme.com', delegation, session,
    integration: 'github', outcome, durationMs: seq, line: JSON.stringify({ seq, delegation, session, outcome, http: { duration_ms: seq } }),
  }
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1)

/** An index as the version before left it: no sets by delegation, session and outcome, and records that tell these by their line alone. */
async function indexOfVersion1(count: number): Promise<{ readonly index: AuditIndex; readonly prefix: string; again(): Promise<AuditIndex> }> {
  const at = serverAt(server)
  const first = await opened({ server: at })
  await first.auditIndex.append(range(count).map(record))
  await first.close()
  const key = (...parts: readonly string[]): string => [`{${at.prefix}}`, 'audit', ...parts].join(':')
  const newer = (await raw.keys(key('*'))).filter((name) => /:(under|during|ended|form)(:|$)/.test(name))
  expect(newer).toHaveLength(3 + 5 + 1 + 1)
  await raw.del(newer)
  for (const [field, document] of Object.entries(await raw.hgetall(key('documents')))) {
    const { delegation, session, durationMs, ...before } = JSON.parse(document) as Record<string, unknown>
    expect([typeof delegation, typeof session, typeof durationMs]).toEqual(['string', 'string', 'number'])
    await raw.hset(key('documents'), field, JSON.stringify(before))
  }
  const again = async (): Promise<AuditIndex> => (await opened({ server: at })).auditIndex
  return { index: await again(), prefix: key(), again }
}

async function seqs(index: AuditIndex, filter: AuditFilter): Promise<readonly number[]> {
  return (await allPages((after) => index.query(filter, { limit: 50, after }))).map(({ seq }) => seq)
}

const FILTERS: readonly AuditFilter[] = [{ delegation: 'dlg_1' }, { session: 'ses_2' }, { outcome: 'denied' }, { session: 'ses_2', outcome: 'denied' }, {}]
const expected = (filter: AuditFilter, count: number): readonly number[] => range(count).map(record).toReversed()
  .filter(({ delegation, session, outcome }) => [[filter.delegation, delegation], [filter.session, session], [filter.outcome, outcome]].every(([wanted, is]) => wanted === undefined || wanted === is))
  .map(({ seq }) => seq)

describe('an audit index of the version before', () => {
  it('is searched in full at once, and by the new sets once it was brought up', async () => {
    const { index, prefix } = await indexOfVersion1(450)
    for (const filter of FILTERS) expect(await seqs(index, filter)).toEqual(expected(filter, 450))
    expect(await raw.exists(`${prefix}:form`)).toBe(0)
    await index.prune(1000)
    expect(await raw.get(`${prefix}:form`)).toBe('2')
    expect(await raw.zcard(`${prefix}:under:dlg_1`)).toBe(150)
    for (const filter of FILTERS) expect(await seqs(index, filter)).toEqual(expected(filter, 450))
    expect((await index.query({ delegation: 'dlg_1' }, { limit: 1 })).items).toEqual([record(448)])
  })

  it('is brought up once, by whoever comes first, and takes records meanwhile', async () => {
    const { index, again } = await indexOfVersion1(420)
    const other = await again()
    await Promise.all([index.prune(1000), other.prune(1000), other.append(range(500).slice(420).map(record))])
    for (const filter of FILTERS) expect(await seqs(index, filter)).toEqual(expected(filter, 500))
  })

  it('leaves nothing in any set of what was forgotten', async () => {
    const { index, prefix } = await indexOfVersion1(30)
    await index.prune(0)
    const left = (await raw.keys(`${prefix}*`)).map((name) => name.slice(prefix.length))
    expect(left.toSorted()).toEqual([':form', ':last'])
  })
})

describe('a series in Redis', () => {
  it('looks at so many records at most, the newest, and says so', async () => {
    const key = keySpace(freshPrefix())
    const client = redisClient(serverAt(server), TIMINGS)
    await client.connect()
    onTestFinished(() => client.disconnect())
    const index = new RedisAuditIndex({ key, link: new RedisLink(client, systemTimers, 5000, key('places')) }, 1000)
    await index.append(range(1100).map(record))
    const window = { sinceMs: 1000, untilMs: 3000, buckets: 20 }
    const { items, total, complete } = await index.series({}, window)
    expect([complete, total.calls, items.length, items[0]]).toMatchObject([false, 1000, 19, { atMs: 1100, calls: 99 }])
    expect((await index.series({}, { ...window, sinceMs: 1101 })).complete).toBe(true)
    expect(await index.series({ delegation: 'dlg_0' }, window)).toMatchObject({ complete: true, total: { calls: 366 } })
  })
})
