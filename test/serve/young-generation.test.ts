import { getHeapSpaceStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { shrinkAtRest, type YoungGeneration } from '../../src/cli/serve/young-generation.ts'
import type { Timers } from '../../src/lib/timers.ts'

const MIB = 1_048_576

/** Looks when it is told to, at one that is as the test says. */
function watched(young?: YoungGeneration) {
  let work: (() => void) | undefined
  const timers: Timers = {
    after: (_, next) => {
      work = next
      return () => { work = undefined }
    },
  }
  const state = { takenBytes: 32 * MIB, usedBytes: 10 * MIB, collections: 0 }
  const own: YoungGeneration = { size: () => ({ ...state }), collect: () => { state.collections += 1 } }
  const cancel = shrinkAtRest(timers, young ?? own)
  const look = (times = 1): void => { for (let n = 0; n < times; n += 1) work?.() }
  return { state, look, cancel, waits: () => work !== undefined }
}

describe('the young generation at rest', () => {
  it('is collected at the first look that finds nothing done since the last, and again once V8 has seen five seconds of it', () => {
    const { state, look } = watched()
    look(2)
    expect(state.collections).toBe(1)
    look(5)
    expect(state.collections).toBe(1)
    look()
    expect(state.collections).toBe(2)
  })

  it('is left alone for good once it is small', () => {
    const { state, look } = watched()
    look(2)
    state.takenBytes = 4 * MIB
    look(100)
    expect(state.collections).toBe(1)
  })

  it.each([
    ['more than a quarter of a megabyte was made', 300_000],
    ['it was collected by V8 itself', -5 * MIB],
  ])('is left alone where %s since the last look', (_, change) => {
    const { state, look } = watched()
    for (let n = 0; n < 50; n += 1) {
      look()
      state.usedBytes += change
    }
    expect(state.collections).toBe(0)
  })

  it('begins anew after work', () => {
    const { state, look } = watched()
    look(2)
    state.usedBytes += 5 * MIB
    look()
    expect(state.collections).toBe(1)
    look()
    expect(state.collections).toBe(2)
  })

  it('is not looked at any more once that has ended', () => {
    const { look, cancel, waits } = watched()
    look()
    cancel()
    expect(waits()).toBe(false)
  })

  it('is V8’s own, whose collector nobody else is given', () => {
    const timers = { work: (): void => undefined }
    const cancel = shrinkAtRest({ after: (_, work) => {
      timers.work = work
      return () => undefined
    } })
    growYoungGeneration()
    timers.work()
    const before = usedBytes()
    timers.work()
    expect(before - usedBytes()).toBeGreaterThan(100_000)
    expect(runInNewContext('typeof gc')).toBe('undefined')
    cancel()
  })
})

function newSpace() {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
}

function usedBytes(): number {
  return newSpace()?.space_used_size ?? 0
}

/** What survives makes it grow; in the end all of it is of no use any more. */
function growYoungGeneration(): void {
  const kept: object[] = []
  do {
    for (let n = 0; n < 1_000; n += 1) kept.push({ n })
  } while (kept.length < 2_000_000 && ((newSpace()?.space_size ?? 0) < 8 * MIB || usedBytes() < 500_000))
}
