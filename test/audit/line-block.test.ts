import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, GENESIS, type ChainState } from '../../src/audit/chain.ts'
import { quote } from '../../src/audit/escape.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import { putNumber, putText } from '../../src/audit/json-bytes.ts'
import { LineBlock, MAX_LINE_BYTES, type Waiter } from '../../src/audit/line-block.ts'
import { parseRecord } from '../../src/audit/record.ts'
import { RecordQueue } from '../../src/audit/record-queue.ts'
import { callEvent } from './support/event.ts'

const waiter = (): Waiter => ({ resolve: () => undefined, reject: () => undefined })

const hostile = '\u2028'.repeat(10_000)
/** Longer than any line that there can be: words of ours are hostile, too. */
const longest = callEvent(hostile, {
  agent: { id: hostile, name: hostile }, user: { id: hostile, name: hostile }, by: hostile, delegation: hostile, session: hostile, identified_by: hostile, via: hostile,
  integration: hostile, operation: hostile, scopes: Array.from({ length: 100 }, () => hostile), target: hostile, expires_in: hostile, upstream_expires_at: hostile,
  credential: hostile, connection: hostile, approval: hostile, rule: hostile, rule_at: hostile, decision: hostile, policy_hash: hostile, reason: hostile, trace_id: hostile,
  access: hostile as never, lifetime: hostile as never, narrowed_by: hostile as never, outcome: hostile as never, code: hostile as never, count: -1 / 3e300,
  http: { method: hostile, host: hostile, path: hostile, status: -1 / 3e300, bytes_in: -1 / 3e300, bytes_out: -1 / 3e300, close_code: -1 / 3e300, scrubbed: -1 / 3e300 },
})

/** Each line's exchange, after a check that numbers and hashes follow each other from this place on. */
function chained(block: LineBlock, from: ChainState): { readonly exchanges: readonly unknown[]; readonly after: ChainState } {
  let state = from
  const exchanges: unknown[] = []
  const lines = block.bytes.toString('latin1').split('\n')
  expect(lines.pop()).toBe('')
  for (const line of lines) {
    const record = parseRecord(line)
    expect([record?.seq, record?.prev]).toEqual([state.seq + 1, state.hash])
    exchanges.push(record?.fields['exchange'])
    state = advance(state, line)
  }
  expect([...block.records()].map(({ seq, line }) => [seq, line])).toEqual(lines.map((line, index) => [from.seq + 1 + index, line]))
  return { exchanges, after: state }
}

/** The exchanges of all that waits, each block at its place in one chain. */
function drained(queue: RecordQueue): readonly unknown[] {
  const exchanges: unknown[] = []
  for (let state = GENESIS; queue.length > 0; ) {
    const block = queue.take()
    const after = block.chain(state)
    exchanges.push(...chained(block, state).exchanges)
    state = after
  }
  return exchanges
}

describe('a block of lines', () => {
  it('stands anywhere in the chain, as often as it is tried, without what was cut or waited for', () => {
    const entries = fc.array(fc.record({ awaited: fc.boolean(), path: fc.string({ maxLength: 80 }) }), { maxLength: 40 })
    const seqs = fc.tuple(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 0, max: 1200 }))
    fc.assert(fc.property(entries, seqs, fc.nat(3), (given, [guess, place], cut) => {
      const block = new LineBlock()
      given.forEach(({ awaited, path }, index) => {
        block.add(callEvent(`dec_${index}`, { http: { method: 'GET', host: 'h', path } }), index, guess + 1)
        if (awaited) block.await(waiter())
      })
      const all = given.map((_, index) => `dec_${index}`)
      const first = { seq: guess, hash: GENESIS.hash }
      expect(block.chain(first)).toEqual(chained(block, first).after)
      for (let more = 0; more < cut; more++) block.add(callEvent('news'), 0, 0)
      block.cut(given.length)
      const waiters = block.takeWaiters()
      block.dropAwaited()
      const second = { seq: place, hash: `sha256:${'ab'.repeat(32)}` }
      expect(block.chain(second)).toEqual(chained(block, second).after)
      expect(chained(block, second).exchanges).toEqual(all.filter((_, index) => given[index]?.awaited !== true))
      expect(waiters).toHaveLength(given.filter(({ awaited }) => awaited).length)
    }), { numRuns: 60 })
  })

  it('has room for the longest line behind what makes it full, and for wider numbers, the news and a checkpoint behind that', () => {
    const block = new LineBlock()
    let longestBytes = 0
    while (block.hasRoom) longestBytes = Math.max(longestBytes, block.add(longest, 0, 9))
    expect(longestBytes).toBeLessThan(MAX_LINE_BYTES)
    block.add(callEvent('news', { reason: hostile }), 0, 0)
    block.addWhole('audit.checkpoint', 'c'.repeat(500))
    block.cut(block.count - 1)
    const place = { seq: 9_999_999_999, hash: GENESIS.hash }
    expect(block.chain(place)).toEqual(chained(block, place).after)
  })

  it('takes no more lines than it can count', () => {
    const block = new LineBlock()
    while (block.hasRoom) block.add({ event: 'policy.loaded', outcome: 'ok' }, 0, 1)
    expect([block.count, block.length < 1024 * 1024]).toEqual([4096, true])
    const after = block.chain(GENESIS)
    expect([after.seq, after]).toEqual([4096, chained(block, GENESIS).after])
  })

  it('shows a checkpoint that stands alone under its number', () => {
    const block = new LineBlock()
    block.add(callEvent('before'), 0, 1)
    block.clear()
    expect(block.chain({ seq: 41, hash: GENESIS.hash })).toEqual({ seq: 41, hash: GENESIS.hash })
    block.addWhole('audit.checkpoint', '{"v":1}')
    expect([...block.records()]).toEqual([{ seq: 42, event: 'audit.checkpoint', line: '{"v":1}' }])
  })
})

describe('what is written as bytes', () => {
  const bytes = Buffer.alloc(4096)

  it('is a text as it is quoted, whatever is in it and however long it is', () => {
    const unit = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x1f, 0x22, 0x5c, 0x7f, 0xff))
    const texts = fc.oneof(fc.array(unit, { maxLength: 70 }).map((units) => String.fromCharCode(...units)), fc.nat(70).map((length) => 'x'.repeat(length)))
    fc.assert(fc.property(texts, fc.constantFrom(20, 256), (text, maxLength) => {
      expect(bytes.toString('latin1', 3, putText(bytes, 3, text, maxLength))).toBe(quote(text, maxLength))
    }), { numRuns: 500 })
  })

  it('is a number as JSON has it', () => {
    const values = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.double(), fc.constantFrom(0, -0, -1, 9, 10, 99, 100, 2 ** 32, 2 ** 53, 0.5, NaN, Infinity))
    fc.assert(fc.property(values, (value) => {
      expect(JSON.parse(bytes.toString('latin1', 3, putNumber(bytes, 3, value)))).toEqual(Number.isFinite(value) ? (value === 0 ? 0 : value) : null)
    }), { numRuns: 500 })
  })
})

describe('records that wait', () => {
  it('are taken in the order in which they came, those that are waited for among the others, at the time that they happened', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 150 }), (awaited) => {
      const queue = new RecordQueue(64 * 1024 * 1024)
      queue.follow(95)
      awaited.forEach((isAwaited, index) => expect(queue.push(callEvent(`dec_${index}`), index, isAwaited ? waiter() : undefined)).toBe(true))
      expect([queue.length, queue.hasWaiters]).toEqual([awaited.length, awaited.includes(true)])
      const block = queue.take()
      const state = { seq: 95, hash: GENESIS.hash }
      block.chain(state)
      expect(chained(block, state).exchanges).toEqual(awaited.map((_, index) => `dec_${index}`))
      expect([...block.records()].map(({ line }) => parseRecord(line)?.ts)).toEqual(awaited.map((_, index) => new Date(index).toISOString()))
      expect([queue.length, queue.bytes, queue.hasWaiters]).toEqual([0, 0, false])
    }), { numRuns: 60 })
  })

  it('do not go with one that a defect of ours makes unreadable: that one says so', () => {
    const queue = new RecordQueue(64 * 1024 * 1024)
    queue.push(callEvent('a'), 0, undefined)
    queue.push(callEvent('defect', { agent: { id: 5, name: 'A' } as never }), 0, undefined)
    queue.push(callEvent('b'), 0, undefined)
    const block = queue.take()
    block.chain(GENESIS)
    expect(chained(block, GENESIS).exchanges).toEqual(['a', undefined, 'b'])
    expect(parseRecord([...block.records()][1]?.line ?? '')).toMatchObject({ event: 'api.call', fields: { outcome: 'failed', reason: expect.stringContaining('a defect of Postern') } })
  })

  it('are all kept that were said to be, however much a disk that failed gives back before they have their lines', () => {
    const denied: AuditEvent = { ...longest, event: 'api.denied' }
    const queue = new RecordQueue(2 * (32 * MAX_LINE_BYTES + 1))
    for (let count = 0; count < 7; count++) queue.push(denied, 0, undefined)
    const failed = queue.take()
    expect([failed.hasRoom, queue.length]).toEqual([false, 0])
    let kept = failed.count
    for (let count = 0; count < 31; count++) if (queue.push(denied, 0, undefined)) kept++
    queue.giveBack(failed)
    let taken = 0
    while (queue.length > 0) taken += queue.take().count
    expect(taken).toBe(kept)
  })

  it('say that they could not be written down also where they are so many that each has its line at once', () => {
    const queue = new RecordQueue(100_000)
    expect(queue.push(callEvent('defect', { agent: { id: 5, name: 'A' } as never }), 0, undefined)).toBe(true)
    const block = queue.take()
    block.chain(GENESIS)
    expect(parseRecord([...block.records()][0]?.line ?? '')).toMatchObject({ fields: { outcome: 'failed', reason: expect.stringContaining('a defect of Postern') } })
  })

  it('come back before all others, also where those fill blocks of their own', () => {
    const queue = new RecordQueue(64 * 1024 * 1024)
    const names = Array.from({ length: 40 }, (_, index) => `dec_${index}`)
    for (const name of names) queue.push(callEvent(name, { scopes: longest.scopes }), 0, undefined)
    for (let failures = 0; failures < 2; failures++) queue.giveBack(queue.take())
    expect(drained(queue)).toEqual(names)
  })

  it('keep their order when a block could not be written, and none of them is anybody’s who was told that it is not', () => {
    const queue = new RecordQueue(64 * 1024 * 1024)
    for (const name of ['a', 'b']) queue.push(callEvent(name), 0, undefined)
    queue.push(callEvent('told_1'), 0, waiter())
    const block = queue.take()
    queue.push(callEvent('c'), 0, undefined)
    queue.push(callEvent('told_2'), 0, waiter())
    queue.push(callEvent('d'), 0, undefined)
    expect(block.takeWaiters()).toHaveLength(1)
    expect(queue.takeWaiting()).toHaveLength(1)
    block.dropAwaited()
    queue.giveBack(block)
    expect(queue.length).toBe(4)
    expect([drained(queue), queue.bytes, queue.hasWaiters]).toEqual([['a', 'b', 'c', 'd'], 0, false])
  })
})
