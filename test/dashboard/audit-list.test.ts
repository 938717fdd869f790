import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../src/dashboard/api/api-error.ts'
import { withDays, type Item } from '../../src/dashboard/audit/days.ts'
import { Doorbell } from '../../src/dashboard/audit/doorbell.ts'
import { lineAfterKey } from '../../src/dashboard/audit/key-moves.ts'
import { PageLayout } from '../../src/dashboard/audit/page-layout.ts'
import { FIRST_PART, PART, RecordList } from '../../src/dashboard/audit/record-list.ts'
import type { Entry, Part, RecordSource } from '../../src/dashboard/audit/record-source.ts'
import { poolSize, scrolledTo, visibleRange } from '../../src/dashboard/audit/visible-range.ts'

const DAY_MS = 86_400_000
// Noon where the test runs, so that no day begins by chance.
const START = new Date(2026, 10, 22, 12).getTime()

/** Records as the API gives them out: newest first, by cursor. */
class Records implements RecordSource {
  entries: Entry[]
  asked: { limit: number; after: string | undefined }[] = []
  failing = false
  #made = 0

  constructor(count: number, stepMs = 1000) {
    this.entries = Array.from({ length: count }, (_, at) => this.#entry(START - at * stepMs))
  }

  add(count: number): void {
    for (let at = 0; at < count; at += 1) this.entries.unshift(this.#entry(START + (this.#made + 1) * 1000))
  }

  async part({ limit, after }: { limit: number; after?: string | undefined }): Promise<Part> {
    this.asked.push({ limit, after })
    if (this.failing) throw new ApiError({ title: 'no', code: 'unreachable', status: 0 })
    const from = after === undefined ? 0 : this.entries.findIndex(({ record }) => record.id === after) + 1
    const entries = this.entries.slice(from, from + limit)
    return { entries, next: from + limit < this.entries.length ? entries.at(-1)?.record.id ?? null : null }
  }

  #entry(ms: number): Entry {
    this.#made += 1
    return { chain: 'chn_a', record: { seq: this.#made, id: `evt_${this.#made}`, ts: new Date(ms).toISOString(), event: 'api.call' } }
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

async function begun(records: Records): Promise<RecordList> {
  const list = new RecordList(records)
  list.look(0, 20)
  await settled()
  return list
}

/** Scrolls to the end of what there is until there is no more. */
async function toTheEnd(list: RecordList): Promise<void> {
  for (let turn = 0; turn < 1000 && !list.isComplete; turn += 1) {
    list.look(list.count - 20, list.count)
    await settled()
  }
}

const idAt = (list: RecordList, index: number): string | undefined => {
  const item = list.itemAt(index)
  return item?.kind === 'record' ? item.entry.record.id : item?.kind
}
const allIds = (entries: readonly Entry[]): readonly string[] => withDays(entries, undefined).map((item: Item) => (item.kind === 'record' ? item.entry.record.id : 'day'))

describe('the list of records', () => {
  it('reads a small part first, then larger ones, each only when its place comes near', async () => {
    const records = new Records(2000)
    const list = await begun(records)
    expect(records.asked.map(({ limit }) => limit)).toEqual([FIRST_PART, PART])
    list.look(150, 180)
    await settled()
    expect(records.asked).toHaveLength(2)
    list.look(250, 270)
    await settled()
    expect(records.asked).toHaveLength(3)
    expect(list.count).toBeGreaterThan(1000)
  })

  it('has each record in its place from the newest to the oldest, with each day once, however often parts were dropped', async () => {
    const records = new Records(9_700, 60_000)
    const list = await begun(records)
    await toTheEnd(list)
    const wanted = allIds(records.entries)
    expect(list.count).toBe(wanted.length)
    expect(list.kept).toBeLessThan(9 * (PART + 3))
    for (const index of [0, 1, 700, 4321, 5000, 9000, wanted.length - 1, 250]) {
      list.look(index, index + 20)
      await settled()
      expect(Array.from({ length: 20 }, (_, nth) => idAt(list, index + nth)).filter((id) => id !== undefined)).toEqual(wanted.slice(index, index + 20))
    }
  })

  it('never moves what is there: only the end grows while it is read', async () => {
    const records = new Records(3_000)
    const list = await begun(records)
    const before = idAt(list, 300)
    await toTheEnd(list)
    list.look(300, 320)
    await settled()
    expect(idAt(list, 300)).toBe(before)
  })

  it('keeps new records back until they are taken in, and tells by how much the lines moved', async () => {
    const records = new Records(1_200)
    const list = await begun(records)
    const before = idAt(list, 10)
    records.add(12)
    expect(await list.lookForNew('evt_1212')).toBe(true)
    expect([list.held, idAt(list, 10)]).toEqual([{ count: 12, isMore: false }, before])
    expect([list.takeIn(), list.held.count, idAt(list, 22)]).toEqual([12, 0, before])
    expect(idAt(list, 1)).toBe('evt_1212')
    expect(list.moved).toEqual({ lines: 12, round: 1 })
    expect(await list.lookForNew()).toBe(true)
    expect(list.held.count).toBe(0)
  })

  it('takes none of the parts below for new, however many came at once', async () => {
    const records = new Records(2_000)
    const list = await begun(records)
    records.add(60)
    await list.lookForNew()
    expect(list.held).toEqual({ count: 60, isMore: false })
  })

  it('says that a record which rang is not there yet', async () => {
    const list = await begun(new Records(10))
    expect(await list.lookForNew('evt_other')).toBe(false)
  })

  it('begins with the first record of an empty list', async () => {
    const records = new Records(0)
    const list = await begun(records)
    expect([list.hasBegun, list.isComplete, list.count]).toEqual([true, true, 0])
    records.add(1)
    await list.lookForNew()
    list.takeIn()
    expect(list.count).toBe(2)
  })

  it('begins anew where more is new than it looks at', async () => {
    const records = new Records(3_000)
    const list = await begun(records)
    await toTheEnd(list)
    records.add(900)
    await list.lookForNew()
    expect(list.held).toEqual({ count: 500, isMore: true })
    list.takeIn()
    await settled()
    expect([list.held, idAt(list, 1)]).toEqual([{ count: 0, isMore: false }, records.entries[0]?.record.id])
    expect([list.isComplete, list.moved.round]).toEqual([false, 2])
  })

  it('shows what failed, keeps what it has, and goes on when it is tried again', async () => {
    const records = new Records(2_000)
    const list = await begun(records)
    records.failing = true
    list.look(580, 600)
    await settled()
    list.look(580, 600)
    await settled()
    expect([list.error?.code, list.count > 500, records.asked.length]).toEqual(['unreachable', true, 3])
    records.failing = false
    list.retry()
    await settled()
    expect([list.error, list.count > 1000]).toEqual([undefined, true])
  })

  it('asks for few parts at once, whoever drags through the whole list', async () => {
    const records = new Records(30_000)
    const list = await begun(records)
    await toTheEnd(list)
    records.asked = []
    for (let index = list.count; index > 0; index -= 100) list.look(index, index + 20)
    expect(records.asked.length).toBeLessThanOrEqual(2)
    await settled()
    expect(idAt(list, 20)).toBeDefined()
  })
})

describe('days in the list', () => {
  it('stand before the first record of each, and not again where a part goes on with the same', () => {
    const records = new Records(3, DAY_MS)
    const items = withDays(records.entries, undefined)
    expect(items.map(({ kind }) => kind)).toEqual(['day', 'record', 'day', 'record', 'day', 'record'])
    const [first] = records.entries
    const same = first === undefined ? [] : withDays([first], new Date(first.record.ts).toLocaleDateString('sv').replaceAll('-0', '-'))
    expect(same.map(({ kind }) => kind)).toEqual(['record'])
  })
})

describe('which lines are drawn', () => {
  it('covers what is in view, in no more elements than there are, at any place of any list', () => {
    fc.assert(fc.property(fc.nat(200_000), fc.integer({ min: 20, max: 90 }), fc.integer({ min: 50, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, linePx, heightPx, share) => {
      const topPx = share * Math.max(0, count * linePx - heightPx)
      const { first, end } = visibleRange({ topPx, heightPx, linePx, count })
      expect(first).toBeGreaterThanOrEqual(0)
      expect(end).toBeLessThanOrEqual(count)
      expect(end - first).toBeLessThanOrEqual(poolSize(heightPx, linePx))
      expect(first).toBeLessThanOrEqual(Math.max(0, Math.floor(topPx / linePx)))
      expect(end).toBeGreaterThanOrEqual(Math.min(count, Math.ceil((topPx + heightPx) / linePx)))
    }))
  })

  it('scrolls just as far as a line needs', () => {
    const view = { topPx: 100, heightPx: 50, linePx: 10 }
    expect([9, 10, 14, 15, 100].map((index) => scrolledTo(index, view))).toEqual([90, 100, 100, 110, 960])
  })

  const KEYS: readonly [key: string, from: number, to: number | undefined][] = [
    ['ArrowDown', 5, 6], ['ArrowUp', 5, 4], ['ArrowUp', 0, 0], ['ArrowDown', 99, 99], ['PageDown', 5, 25], ['PageUp', 5, 0], ['Home', 5, 0], ['End', 5, 99], ['a', 5, undefined],
  ]
  for (const [key, from, to] of KEYS) it(`${key} leads from ${from} to ${to ?? 'nowhere'}`, () => { expect(lineAfterKey(key, from, { count: 100, perPage: 20 })).toBe(to) })

  it('finds the part of each line', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }), fc.nat(599), (sizes, wish) => {
      const layout = new PageLayout(sizes.map((size) => ({ after: undefined, size, items: undefined, lastDay: undefined })))
      const index = wish % layout.count
      const page = layout.pageOf(index)
      expect(layout.startOf(page)).toBeLessThanOrEqual(index)
      expect(layout.startOf(page) + (sizes[page] ?? 0)).toBeGreaterThan(index)
    }))
  })
})

describe('the bell of the live view', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('looks once for many that ring, then not sooner than after a while', async () => {
    const look = vi.fn<(id: string | undefined) => Promise<boolean>>(async () => true)
    const bell = new Doorbell(look)
    for (let ring = 0; ring < 50; ring += 1) bell.ring(`evt_${ring}`)
    await vi.advanceTimersByTimeAsync(250)
    expect(look.mock.calls).toEqual([['evt_49']])
    await vi.advanceTimersByTimeAsync(5000)
    expect(look).toHaveBeenCalledTimes(1)
    bell.close()
  })

  it('looks again for one that is not in yet, a few times, and never after it was closed', async () => {
    const look = vi.fn<(id: string | undefined) => Promise<boolean>>(async () => { throw new Error('not there') })
    const bell = new Doorbell(look)
    bell.ring('evt_1')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(look).toHaveBeenCalledTimes(6)
    bell.ring('evt_2')
    bell.close()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(look).toHaveBeenCalledTimes(6)
  })
})
