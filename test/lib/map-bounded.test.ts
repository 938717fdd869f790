import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapBounded } from '../../src/lib/map-bounded.ts'

const later = (turns: number): Promise<void> => (turns === 0 ? Promise.resolve() : Promise.resolve().then(() => later(turns - 1)))

describe('work for many, a few at a time', () => {
  it('gives the results in the order of the items, and never does more at once than it may', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(7), { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (turns, atOnce) => {
      let [running, most] = [0, 0]
      const done = await mapBounded(turns.map((turn, index) => ({ turn, index })), atOnce, async ({ turn, index }) => {
        most = Math.max(most, ++running)
        await later(turn)
        running -= 1
        return index
      })
      expect(done).toEqual(turns.map((_, index) => index))
      expect(most).toBe(Math.min(atOnce, turns.length))
    }))
  })

  it('ends with the first failure, and begins nothing after it', async () => {
    const begun: number[] = []
    await expect(mapBounded([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      await later(item === 1 ? 1 : 3)
      if (item === 1) throw new Error('no')
    })).rejects.toThrow('no')
    await later(20)
    expect(begun).toEqual([0, 1])
  })
})
