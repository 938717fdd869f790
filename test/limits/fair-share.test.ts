import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairShare } from '../../src/proxy/admission/fair-share.ts'

/** Owners that take one after the other, in turns, until nobody gets anything more. */
function saturate(share: FairShare, wants: readonly number[]): readonly number[] {
  const has = wants.map(() => 0)
  for (let moved = true; moved;) {
    moved = false
    for (const [owner, want] of wants.entries()) {
      const own = has[owner] ?? 0
      if (own >= want || share.take(own) !== undefined) continue
      has[owner] = own + 1
      moved = true
    }
  }
  return has
}

describe('a fair share', () => {
  it.each([
    ['one that wants all ends at four fifths', 1_000, 1_000, [5_000], [800]],
    ['two that want all get the same, but for one', 1_000, 1_000, [5_000, 5_000], [445, 444]],
    ['one that wants little gets what it wants', 1_000, 1_000, [5_000, 20], [784, 20]],
    ['the bound of one owner holds where there is room for more', 1_000, 100, [5_000, 20], [100, 20]],
    ['where all together want less than there is, all of them get it', 1_000, 1_000, [300, 200, 100], [300, 200, 100]],
  ])('%s', (_, capacity, perOwner, wants, expected) => {
    expect(saturate(new FairShare(capacity, perOwner), wants)).toEqual(expected)
  })

  it.each([
    ['own', 100, 5, 5, 10],
    ['share', 100, 90, 80, 80],
    ['full', 10, 90, 0, 10],
  ] as const)('says why there was no place: %s', (reason, capacity, perOwner, own, taken) => {
    const share = new FairShare(capacity, perOwner)
    for (let n = 0; n < taken; n += 1) expect(share.take(0)).toBeUndefined()
    expect([share.take(own), share.taken]).toEqual([reason, taken])
  })

  it('gives a place again that was given back, and none that nobody had', () => {
    const share = new FairShare(1, 1)
    expect([share.take(0), share.take(0)]).toEqual([undefined, 'full'])
    share.giveBack()
    expect(share.take(0)).toBeUndefined()
    share.giveBack()
    expect(() => share.giveBack()).toThrow(TypeError)
  })

  it('never gives more than there is, serves who has least, and refuses who has most', () => {
    const owners = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 12 })
    fc.assert(fc.property(fc.integer({ min: 100, max: 2_000 }), owners, (capacity, wants) => {
      const share = new FairShare(capacity, capacity)
      const has = saturate(share, wants)
      const total = has.reduce((sum, own) => sum + own, 0)
      expect(total).toBeLessThanOrEqual(capacity)
      expect(share.taken).toBe(total)
      const refused = has.filter((own, owner) => own < (wants[owner] ?? 0))
      // max-min: who got less than it wanted has as much as anybody, but for the one place by which turns differ
      for (const own of refused) expect(own).toBeGreaterThanOrEqual(Math.max(...has) - 1)
      if (refused.length > 0 && wants.length < capacity / 8) expect(share.take(0)).toBeUndefined()
    }))
  })
})
