import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Gate } from '../../src/authority/issuance/gate.ts'
import { latch, never } from './fixture.ts'
import { failureOf, settled } from './manual-time.ts'

const full = () => new Error('full')

describe('the gate', () => {
  it('lets those who wait in by their order, past owners who have their share', async () => {
    const gate = new Gate({ inside: 2, insidePerOwner: 1, waiting: 10, waitingPerOwner: 10 })
    const entered: string[] = []
    const doors = new Map<string, () => void>()
    const go = (name: string) => gate.run(name[0] ?? '', never, () => {
      entered.push(name)
      const { opened, open } = latch()
      doors.set(name, open)
      return opened
    }, full)
    const all = ['a1', 'a2', 'b1', 'c1', 'b2'].map(go)
    await settled()
    expect(entered).toEqual(['a1', 'b1'])
    doors.get('b1')?.()
    await settled()
    expect(entered).toEqual(['a1', 'b1', 'c1'])
    doors.get('a1')?.()
    await settled()
    expect(entered).toEqual(['a1', 'b1', 'c1', 'a2'])
    doors.get('c1')?.()
    await settled()
    expect(entered).toEqual(['a1', 'b1', 'c1', 'a2', 'b2'])
    for (const open of doors.values()) open()
    await Promise.all(all)
  })

  it('leaves room in the queue for others than one who asks for much', async () => {
    const gate = new Gate({ inside: 1, insidePerOwner: 1, waiting: 10, waitingPerOwner: 2 })
    const { opened, open } = latch()
    const greedy = Array.from({ length: 5 }, () => gate.run('a', never, () => opened, full))
    const other = gate.run('b', never, async () => 'served', full)
    open()
    expect((await Promise.allSettled(greedy)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(await other).toBe('served')
  })

  it('forgets one who leaves the queue', async () => {
    const gate = new Gate({ inside: 1, insidePerOwner: 1, waiting: 1, waitingPerOwner: 1 })
    const { opened, open } = latch()
    const first = gate.run('a', never, () => opened, full)
    const leaver = new AbortController()
    const left = failureOf(gate.run('b', leaver.signal, async () => 'never', full))
    await expect(gate.run('c', never, async () => 'never', full)).rejects.toThrow('full')
    leaver.abort()
    expect(await left).toMatchObject({ name: 'AbortError' })
    const next = gate.run('c', never, async () => 'next', full)
    open()
    await first
    expect(await next).toBe('next')
  })

  it('property: never more inside than it may, in all and for one owner, and everybody gets in', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3), fc.boolean()), { maxLength: 25 }), async (visits) => {
      const gate = new Gate({ inside: 3, insidePerOwner: 2, waiting: 100, waitingPerOwner: 100 })
      const inside: string[] = []
      let done = 0
      await Promise.allSettled(visits.map(([owner, turns, throws]) => gate.run(owner, never, async () => {
        inside.push(owner)
        expect(inside.length).toBeLessThanOrEqual(3)
        expect(inside.filter((one) => one === owner).length).toBeLessThanOrEqual(2)
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
        inside.splice(inside.indexOf(owner), 1)
        done += 1
        if (throws) throw new Error('work failed')
      }, full)))
      expect(done).toBe(visits.length)
    }), { numRuns: 100 })
  })
})
