import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cursorOf, placeOf, spanOf } from '../../src/store/redis/audit-place.ts'
import { Commit } from '../../src/store/redis/commit.ts'
import { fromJson, toJson } from '../../src/store/redis/document-json.ts'
import { keySpace } from '../../src/store/redis/key-space.ts'
import { Lane } from '../../src/store/redis/lane.ts'
import { redisStoreError } from '../../src/store/redis/redis-error.ts'
import { checkInfo } from '../../src/store/redis/server-check.ts'
import { StoreError } from '../../src/store/store-error.ts'

const DURABLE = 'aof_enabled:1\r\nmaxmemory_policy:noeviction\r\n'

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError', command: { name: 'hello', args: ['AUTH', 'canary-password'] } })
}

describe('an error of Redis', () => {
  it.each<[string, Error, string, string]>([
    ['OOM', reply("OOM command not allowed when used memory > 'maxmemory'."), 'store_full', 'store_full'],
    ['OOM inside a script of 6.2', reply('ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed'), 'store_full', 'store_full'],
    ['a disk that is full', reply('MISCONF Redis is configured to save RDB snapshots'), 'store_full', 'store_full'],
    ['a replica', reply("READONLY You can't write against a read only replica. script: 1"), 'store_unreachable', 'store_unreachable'],
    ['a start', reply('LOADING Redis is loading the dataset in memory'), 'store_unreachable', 'store_unreachable'],
    ['a cluster in parts', reply('CLUSTERDOWN The cluster is down'), 'store_unreachable', 'store_unreachable'],
    ['a user without rights', reply("NOPERM this user has no permissions to run the 'eval' command"), 'store_unreachable', 'store_unreachable'],
    ['anything else', reply("ERR unknown command `HELLO`, with args beginning with: `2` `AUTH` `canary-password`"), 'store_failed', 'store_failed'],
    ['a command that was never sent', new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'store_unreachable', 'store_unreachable'],
    ['a connection that broke', new Error('Connection is closed.'), 'store_unreachable', 'store_outcome_unknown'],
    ['a connection that is given up', Object.assign(new Error('x'), { name: 'MaxRetriesPerRequestError' }), 'store_unreachable', 'store_outcome_unknown'],
    ['a certificate', Object.assign(new Error('self-signed'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'store_unreachable', 'store_unreachable'],
    ['an error of the store', new StoreError('store_closed', 'closed'), 'store_closed', 'store_closed'],
    ['a defect', new TypeError('undefined is not a function'), 'store_failed', 'store_failed'],
  ])('is told for what it means: %s', (_, error, read, write) => {
    expect([redisStoreError(error, 'read').code, redisStoreError(error, 'write').code]).toEqual([read, write])
  })

  it('never tells an argument of a command, in no cause either', () => {
    const error = redisStoreError(reply('ERR unknown command `HELLO`, with args beginning with: `AUTH` `canary-password`'), 'write')
    for (let at: unknown = error; at instanceof Error; at = at.cause) expect(`${at.message} ${at.stack} ${JSON.stringify(at)}`).not.toContain('canary')
  })
})

describe('a server', () => {
  it.each(['6.2.0', '6.2.14', '7.0.15', '8.4.0', '10.0.0'])('of version %s is taken', (version) => {
    expect(() => checkInfo(`redis_version:${version}\r\n${DURABLE}`, false)).not.toThrow()
  })

  it.each(['6.0.20', '5.0.7', '2.8', 'unknown'])('of version %s is refused, volatile or not', (version) => {
    expect(() => checkInfo(`redis_version:${version}\r\n${DURABLE}`, true)).toThrow(`Redis is of version ${version}, and the store needs 6.2 or newer: upgrade it.`)
  })

  it('that tells nothing of how it keeps is taken for one that forgets', () => {
    expect(() => checkInfo('redis_version:7.0.0', false)).toThrow(expect.objectContaining({ code: 'store_volatile' }))
    expect(() => checkInfo('redis_version:7.0.0', true)).not.toThrow()
  })
})

describe('calls that are under way', () => {
  it('are bounded: the others wait, in order, and beyond their bound they are refused', async () => {
    const lane = new Lane(2, 3)
    const order: number[] = []
    const ends: (() => void)[] = []
    const work = (n: number) => lane.run(() => {
      order.push(n)
      return new Promise<void>((resolve) => void ends.push(resolve))
    })
    const calls = [1, 2, 3, 4, 5].map(work)
    await expect(work(6)).rejects.toMatchObject({ code: 'store_overloaded' })
    expect(order).toEqual([1, 2])
    for (let n = 0; n < 5; n++) {
      ends[n]?.()
      await calls[n]
    }
    await Promise.all([...calls, lane.idle()])
    expect(order).toEqual([1, 2, 3, 4, 5])
  })

  it('leave their place also where they fail', async () => {
    const lane = new Lane(1, 1)
    await expect(lane.run(() => Promise.reject(new Error('it broke')))).rejects.toThrow('it broke')
    expect(await lane.run(() => Promise.resolve('next'))).toBe('next')
    await lane.idle()
  })
})

describe('the place of an audit record', () => {
  const record = fc.record({ timeMs: fc.nat({ max: 4_000_000_000_000 }), chain: fc.stringMatching(/^[a-z0-9._-]{0,12}$/), seq: fc.nat() })
  type Placed = { readonly timeMs: number; readonly chain: string; readonly seq: number }
  const order = (a: Placed, b: Placed): number => a.timeMs - b.timeMs || Number(a.chain > b.chain) - Number(a.chain < b.chain) || a.seq - b.seq

  it('sorts as text as the records do by time, chain and number', () => {
    fc.assert(fc.property(record, record, (a, b) => {
      const [one, other] = [placeOf(a), placeOf(b)]
      expect(Math.sign(order(a, b))).toBe(Number(one > other) - Number(one < other))
    }))
  })

  it('goes out as a cursor and comes back', () => {
    fc.assert(fc.property(record, (one) => {
      expect(spanOf({}, cursorOf(placeOf(one)))).toEqual({ from: `(${placeOf(one)}`, to: '-' })
    }))
  })

  it('spans what a query asks for, and no more than numbers can say', () => {
    expect(spanOf({ sinceMs: 5, untilMs: 9 }, undefined)).toEqual({ from: '(0000000000000010', to: '[0000000000000005' })
    expect(spanOf({ sinceMs: -1, untilMs: Infinity }, undefined)).toEqual({ from: '(9007199254740991', to: '[0000000000000000' })
    expect(spanOf({}, undefined)).toEqual({ from: '+', to: '-' })
  })
})

describe('a document', () => {
  it('comes back with all of its properties, the undefined ones too', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined))
    const document = fc.dictionary(fc.string().filter((key) => key !== '__proto__'), fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.stringMatching(/^[a-z]+$/), leaf, { noNullPrototype: true })), { noNullPrototype: true })
    fc.assert(fc.property(document, (one) => {
      expect(fromJson(toJson(one))).toStrictEqual({ ...one })
    }))
  })
})

describe('a commit', () => {
  it('names each key once, after the counter of places, and counts its guards', () => {
    const key = keySpace('p')
    const commit = new Commit().requireRevision(key('a'), undefined).requireValue(key('b'), 'x').add('SET', key('b'), 'y').add('ZADDNEXT', key('c'), 'id')
    expect(commit.toArguments(key('places'))).toEqual([
      4, '{p}:places', '{p}:a', '{p}:b', '{p}:c', 2, 'rev', 2, '', 'value', 3, 'x', 1, 'SET', 3, 'y', 1, 'ZADDNEXT', 4, 'id',
    ])
  })
})
