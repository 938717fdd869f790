import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Roster } from '../../src/lib/roster.ts'

describe('a roster', () => {
  it('holds exactly what has come and not left, whatever the order', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant('come' as const), fc.nat({ max: 20 }))), (steps) => {
      const roster = new Roster<{ n: number }>()
      const present = new Map<number, { n: number }>()
      let n = 0
      for (const step of steps) {
        if (step === 'come') {
          const member = { n: n++ }
          const place = roster.add(member)
          expect(present.has(place)).toBe(false)
          present.set(place, member)
        } else {
          roster.delete(step)
          present.delete(step)
        }
        expect(roster.size).toBe(present.size)
        expect(new Set(roster)).toEqual(new Set(present.values()))
      }
    }))
  })

  it('stays as large as its members ever were, however many pass through', () => {
    const roster = new Roster<object>()
    const places = new Set<number>()
    for (let n = 0; n < 10_000; n += 1) {
      const place = roster.add({})
      places.add(place)
      roster.delete(place)
    }
    expect(places).toEqual(new Set([0]))
  })

  it('passes over a place that was left already', () => {
    const roster = new Roster<object>()
    const place = roster.add({})
    roster.delete(place)
    roster.delete(place)
    roster.add({})
    roster.add({})
    expect(roster.size).toBe(2)
  })
})
