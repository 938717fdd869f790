import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentId } from '../../src/model/ids.ts'
import { Admission } from '../../src/proxy/admission/admission.ts'
import type { ConnectionPlace } from '../../src/proxy/connection-places.ts'
import { ConnectionSlots } from '../../src/proxy/admission/connection-slots.ts'

const AGENT = 'agent:a' as AgentId
const OTHER = 'agent:b' as AgentId

class FakeConnection {
  destroyed = false

  destroy(): void {
    this.destroyed = true
  }
}

function world(max: number, perAgent = max) {
  const admission = new Admission({ maxExchanges: 1, maxExchangesPerAgent: 1, maxTunnels: 1, maxConnections: max, maxConnectionsPerAgent: perAgent })
  const slots = new ConnectionSlots(admission, max)
  const open = () => {
    const connection = new FakeConnection()
    return { connection, slot: slots.add(connection) }
  }
  return { admission, slots, open }
}

const proved = (slots: ConnectionSlots, slot: ConnectionPlace | undefined, agent = AGENT) => slots.prove(slot, agent)

describe('connections over the bound', () => {
  it('make room for the newest: the oldest that has shown nothing ends', () => {
    const { slots, open } = world(3)
    const all = [open(), open(), open(), open(), open()]
    expect(all.map(({ connection }) => connection.destroyed)).toEqual([true, true, false, false, false])
    expect([slots.open, slots.unproven, slots.evicted]).toEqual([3, 3, 2])
  })

  it('spare those on which an agent has proven itself', () => {
    const { slots, open } = world(3)
    const [first, second] = [open(), open()]
    expect(proved(slots, first.slot)).toBeUndefined()
    open()
    open()
    expect([first.connection.destroyed, second.connection.destroyed]).toEqual([false, true])
    expect(first.slot?.owner).toBe(AGENT)
  })

  it('are closed unheard where every place is an agent’s', () => {
    const { slots, open } = world(2)
    for (const agent of [AGENT, OTHER]) proved(slots, open().slot, agent)
    expect([open().slot, slots.open, slots.evicted]).toEqual([undefined, 2, 0])
  })
})

describe('the connections of an agent', () => {
  it('are bounded; one more stays nobody’s, and is the first to make room', () => {
    const { slots, open } = world(10, 2)
    const all = [open(), open(), open()]
    expect(all.map(({ slot }) => proved(slots, slot))).toMatchObject([undefined, undefined, { denial: 'overloaded' }])
    expect([slots.unproven, all[2]?.slot?.owner]).toEqual([1, undefined])
  })

  it('leave a fifth to others, however many it opens', () => {
    const { slots, open } = world(100)
    for (let n = 0; n < 150; n += 1) proved(slots, open().slot)
    const other = open()
    expect([proved(slots, other.slot, OTHER), slots.open - slots.unproven]).toEqual([undefined, 81])
  })

  it('belong to the first that proves itself, and are given back once', () => {
    const { admission, slots, open } = world(4)
    const { slot } = open()
    if (slot === undefined) throw new Error('no slot')
    slots.prove(slot, AGENT)
    slots.prove(slot, OTHER)
    expect([slot.owner, admission.connections.taken]).toEqual([AGENT, 1])
    slots.remove(slot)
    slots.remove(slot)
    expect([slots.open, admission.connections.taken]).toEqual([0, 0])
  })

  it('are not taken by one that has closed meanwhile', () => {
    const { admission, slots, open } = world(4)
    const { slot } = open()
    if (slot === undefined) throw new Error('no slot')
    slots.remove(slot)
    slots.prove(slot, AGENT)
    expect(admission.connections.taken).toBe(0)
  })
})

it('counts what is open, whatever comes, is proven and goes', () => {
  const moves = fc.array(fc.record({ kind: fc.constantFrom('add', 'prove', 'remove'), at: fc.nat() }), { maxLength: 200 })
  fc.assert(fc.property(moves, (steps) => {
    const { admission, slots, open } = world(8)
    const all: ReturnType<typeof open>[] = []
    const gone = new Set<ConnectionPlace>()
    for (const { kind, at } of steps) {
      const one = all[at % Math.max(1, all.length)]
      if (kind === 'add') all.push(open())
      else if (one?.slot === undefined || one.connection.destroyed) continue
      else if (kind === 'prove') slots.prove(one.slot, AGENT)
      else {
        gone.add(one.slot)
        slots.remove(one.slot)
      }
    }
    const present = all.filter(({ slot, connection }) => slot !== undefined && !connection.destroyed && !gone.has(slot))
    expect(slots.open).toBe(present.length)
    expect(slots.open).toBeLessThanOrEqual(8)
    expect(slots.unproven).toBe(present.filter(({ slot }) => slot?.owner === undefined).length)
    expect(admission.connections.taken).toBe(present.length - slots.unproven)
  }))
})
