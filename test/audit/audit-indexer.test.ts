import * as fc from 'fast-check'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditIndexer, type AuditIndexerOptions, type RecordIndex } from '../../src/audit/audit-indexer.ts'
import type { FileAuditLog } from '../../src/audit/file-audit-log.ts'
import { matchesIndexFilter, type IndexedRecord } from '../../src/audit/indexed-record.ts'
import { RecentLines } from '../../src/audit/recent-lines.ts'
import { RecordFeed } from '../../src/audit/record-feed.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { callEvent } from './support/event.ts'
import { LogDirectory } from './support/log-directory.ts'

/** An index in memory that can fail, and hang. */
class MemoryIndex implements RecordIndex {
  readonly chains = new Map<string, Map<number, IndexedRecord>>()
  failures = 0
  gate: Promise<void> | undefined
  appends = 0
  largest = 0
  pruned: number[] = []

  async append(records: readonly IndexedRecord[]): Promise<void> {
    await this.gate
    if (this.failures > 0) {
      this.failures -= 1
      throw new Error('the index is down')
    }
    this.appends += 1
    this.largest = Math.max(this.largest, records.length)
    for (const record of records) {
      const chain = this.chains.get(record.chain) ?? new Map<number, IndexedRecord>()
      this.chains.set(record.chain, chain.set(record.seq, chain.get(record.seq) ?? record))
    }
  }

  async lastSeq(chain: string): Promise<number> {
    return Math.max(0, ...(this.chains.get(chain)?.keys() ?? []))
  }

  async prune(keep: number): Promise<void> {
    this.pruned.push(keep)
  }

  lines(chain: string): readonly string[] {
    return [...(this.chains.get(chain)?.values() ?? [])].toSorted((one, other) => one.seq - other.seq).map(({ line }) => line)
  }
}

let directory: LogDirectory
let log: FileAuditLog
let index: MemoryIndex
const open: AuditIndexer[] = []

beforeEach(async () => {
  directory = new LogDirectory()
  log = await directory.open()
  index = new MemoryIndex()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
  await log.close()
  directory[Symbol.dispose]()
})

function start(extra: Partial<AuditIndexerOptions> = {}): AuditIndexer {
  const indexer = AuditIndexer.start({
    log, file: directory.file, index, timers: systemTimers, onProblem: () => undefined, lingerMs: 1, retryMs: { first: 1, longest: 4 }, ...extra,
  })
  open.push(indexer)
  return indexer
}

async function caughtUp(indexer: AuditIndexer): Promise<void> {
  await expect.poll(() => indexer.lag, { interval: 2, timeout: 5000 }).toBe(0)
}

/** Every line of the file that is no checkpoint. */
const expectedLines = (): readonly string[] => directory.text().split('\n').slice(0, -1).filter((line) => !line.includes('"event":"audit.checkpoint"'))
const write = async (count: number, from = 0): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, at) => log.commit(callEvent(`dec_${from + at}`))))
}

describe('the index of the audit', () => {
  it('gets every record, as it stands in the file, and no checkpoint', async () => {
    const indexer = start()
    await write(40)
    await caughtUp(indexer)
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
    expect([...(index.chains.get(indexer.chain)?.values() ?? [])][0]).toMatchObject({
      chain: indexer.chain, event: 'api.call', agent: 'agent:pr-reviewer', person: 'user:alice@acme.com', integration: 'github', outcome: 'ok',
    })
    expect(index.pruned).toEqual([1_000_000])
  })

  it('takes from the file what was written before it began, over all segments, in batches', async () => {
    await log.close()
    log = await directory.open({ maxSegmentBytes: 20_000 })
    for (let round = 0; round < 13; round++) await write(100, round * 100)
    expect(directory.files().length).toBeGreaterThan(5)
    const indexer = start()
    await caughtUp(indexer)
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
    expect(index.largest).toBeLessThanOrEqual(500)
  })

  it('goes on where it stood after a restart, under the same name, whatever key signs by then', async () => {
    const first = start()
    await write(5)
    await first.close()
    expect(await index.lastSeq(first.chain)).toBeGreaterThan(0)
    await write(5, 5)
    const before = index.appends
    const second = start()
    await caughtUp(second)
    expect(second.chain).toBe(first.chain)
    expect(index.appends).toBe(before + 1)
    expect(index.lines(second.chain)).toEqual(expectedLines())
  })

  it('misses nothing while the index fails, and tells of the outage once', async () => {
    const problems: unknown[] = []
    index.failures = 4
    const indexer = start({ onProblem: (error) => problems.push(error) })
    await write(30)
    await caughtUp(indexer)
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
    expect(problems).toHaveLength(1)
  })

  it('never holds the log up while the index hangs, keeps bounded memory, and reads the rest from the file', async () => {
    let release = (): void => undefined
    index.gate = new Promise((resolve) => { release = resolve })
    const indexer = start({ maxQueuedBytes: 4000 })
    for (let round = 0; round < 20; round++) await write(20, round * 20)
    expect(indexer.lag).toBeGreaterThan(350)
    release()
    await caughtUp(indexer)
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
  })

  it('does not wait for what somebody put away', async () => {
    await log.close()
    log = await directory.open({ maxSegmentBytes: 10_000 })
    for (let round = 0; round < 4; round++) await write(30, round * 30)
    const [oldest = ''] = directory.files()
    rmSync(oldest)
    const indexer = start()
    await caughtUp(indexer)
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
  })

  it('takes another name where the numbers of the log began anew', async () => {
    const first = start()
    await write(20)
    await first.close()
    await log.close()
    for (const file of [directory.file, `${directory.file}.head`]) rmSync(file)
    log = await directory.open()
    await write(3)
    const second = start()
    await caughtUp(second)
    expect(second.chain).not.toBe(first.chain)
    expect(index.lines(second.chain)).toEqual(expectedLines())
    expect(index.lines(first.chain)).toHaveLength(20)
  })

  it('keeps the chain’s name in a file of its owner’s alone, and makes another where it was damaged', async () => {
    const name = start().chain
    expect(name).toMatch(/^chn_[\w-]{20}$/)
    expect(statSync(`${directory.file}.chain`).mode & 0o777).toBe(0o600)
    writeFileSync(`${directory.file}.chain`, 'chn_x')
    const other = start().chain
    expect(other).not.toBe(name)
    expect(readFileSync(`${directory.file}.chain`, 'utf8')).toBe(`${other}\n`)
  })

  it('copies what waits when it is closed', async () => {
    const indexer = start({ lingerMs: 60_000 })
    await caughtUp(indexer)
    await write(7)
    await indexer.close()
    expect(index.lines(indexer.chain)).toEqual(expectedLines())
  })
})

describe('recent lines', () => {
  it('give only runs without a gap, and never hold more than their bound', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 0, max: 400 }) }),
      fc.record({ forget: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ from: fc.integer({ min: 1, max: 60 }) }),
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lines = new RecentLines(2000)
      let seq = 0
      for (const each of steps) {
        if ('add' in each) lines.add({ seq: ++seq, line: 'x'.repeat(each.add) })
        else if ('forget' in each) lines.forget(each.forget)
        else expect(lines.runFrom(each.from, 10, 1000).map((line) => line.seq)).toEqual(lines.runFrom(each.from, 10, 1000).map((_, at) => each.from + at))
      }
      const held = []
      for (let at = 1; at <= seq; at++) held.push(...lines.runFrom(at, 1, 1))
      expect(held.reduce((sum, { line }) => sum + line.length + 64, 0)).toBeLessThanOrEqual(2000)
    }))
  })
})

describe('the live records', () => {
  it('are told to those who follow, once each, until they leave', async () => {
    const feed = new RecordFeed(log, () => 'chn_a')
    const [one, other]: [string[], string[]] = [[], []]
    const leave = feed.subscribe(({ line }) => one.push(line))
    const leaveToo = feed.subscribe(({ line }) => other.push(line))
    await write(3)
    leave()
    leave()
    await write(2, 3)
    leaveToo()
    await write(2, 5)
    const lines = expectedLines()
    expect(one).toEqual(lines.slice(0, 3))
    expect(other).toEqual(lines.slice(0, 5))
  })
})

describe('a filter', () => {
  const record: IndexedRecord = { chain: 'c', seq: 1, timeMs: 1000, event: 'api.denied', agent: 'agent:a', person: 'user:b', delegation: 'dlg_a', session: 'ses_a', integration: 'github', outcome: 'denied', durationMs: undefined, line: '' }
  it.each([
    [{}, true],
    [{ agent: 'agent:a', person: 'user:b', integration: 'github', event: 'api', outcome: 'denied', sinceMs: 1000, untilMs: 1000 }, true],
    [{ event: 'api.denied' }, true],
    [{ event: 'ap' }, false],
    [{ event: 'api.d' }, false],
    [{ delegation: 'dlg_a', session: 'ses_a' }, true],
    [{ delegation: 'dlg_b' }, false],
    [{ session: 'ses_b' }, false],
    [{ agent: 'agent:b' }, false],
    [{ person: 'user:a' }, false],
    [{ integration: 'slack' }, false],
    [{ outcome: 'ok' }, false],
    [{ sinceMs: 1001 }, false],
    [{ untilMs: 999 }, false],
  ])('%j matches: %s', (filter, matches) => expect(matchesIndexFilter(record, filter)).toBe(matches))
})
