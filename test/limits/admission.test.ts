import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDenial } from '../../src/model/denial.ts'
import type { AgentId } from '../../src/model/ids.ts'
import { Admission, type AdmissionLimits } from '../../src/proxy/admission/admission.ts'
import type { AgentUse } from '../../src/proxy/exchange.ts'

const LIMITS: AdmissionLimits = { maxExchanges: 100, maxExchangesPerAgent: 30, maxTunnels: 20, maxConnections: 50, maxConnectionsPerAgent: 10 }
const admissionOf = (limits: Partial<AdmissionLimits> = {}): Admission => new Admission({ ...LIMITS, ...limits })
const agent = (name: string): AgentId => `agent:${name}` as AgentId

function begin(admission: Admission, name: string, times: number): readonly AgentUse[] {
  return Array.from({ length: times }, () => admission.beginExchange(agent(name))).filter((use): use is AgentUse => !isDenial(use))
}

describe('admission', () => {
  it('holds the bound of one agent, and tells it when to ask again', () => {
    const admission = admissionOf()
    expect(begin(admission, 'a', 40)).toHaveLength(30)
    expect(admission.beginExchange(agent('a'))).toMatchObject({ denial: 'overloaded', retryAfterMs: 1_000, detail: "the agent's bound of exchanges is reached: 30" })
    expect(begin(admission, 'b', 5)).toHaveLength(5)
    expect(admission.shed.exchange).toEqual({ own: 11, share: 0, full: 0 })
  })

  it('counts all delegations of an agent together, and each kind of thing by itself', () => {
    const admission = admissionOf()
    begin(admission, 'a', 30)
    expect(isDenial(admission.beginTunnel(agent('a')))).toBe(false)
    expect(isDenial(admission.beginConnection(agent('a')))).toBe(false)
    expect(admission.beginExchange(agent('a'))).toMatchObject({ denial: 'overloaded' })
  })

  it('sheds from who has most where little is left', () => {
    const admission = admissionOf({ maxExchangesPerAgent: 100 })
    expect(begin(admission, 'greedy', 100)).toHaveLength(80)
    expect(begin(admission, 'modest', 10)).toHaveLength(10)
    expect(admission.beginExchange(agent('greedy'))).toMatchObject({ detail: 'the agent has more than its share of the exchanges that are left: 80' })
  })

  it('lets an agent in again once what it had has ended', () => {
    const admission = admissionOf({ maxExchangesPerAgent: 1, maxConnectionsPerAgent: 1 })
    const takes = [
      [() => admission.beginExchange(agent('a')), (use: AgentUse) => admission.endExchange(use)],
      [() => admission.beginTunnel(agent('a')), (use: AgentUse) => admission.endTunnel(use)],
      [() => admission.beginConnection(agent('a')), (use: AgentUse) => admission.endConnection(use)],
    ] as const
    for (const [take, end] of takes) {
      const use = take()
      expect(isDenial(use)).toBe(false)
      expect(take()).toMatchObject({ denial: 'overloaded' })
      end(use as AgentUse)
      expect(isDenial(take())).toBe(false)
    }
  })

  it('forgets agents that have nothing, and never one that has', () => {
    const admission = admissionOf({ maxExchanges: 10_000 })
    const held = begin(admission, 'held', 30)
    for (let n = 0; n < 2_000; n += 1) for (const use of begin(admission, `passing-${n}`, 1)) admission.endExchange(use)
    expect(admission.beginExchange(agent('held'))).toMatchObject({ denial: 'overloaded' })
    for (const use of held) admission.endExchange(use)
    expect(admission.exchanges.taken).toBe(0)
  })

  it('never lets more in than its bounds, and counts exactly what is in, whatever comes and goes', () => {
    const moves = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), end: fc.boolean() }), { maxLength: 400 })
    fc.assert(fc.property(moves, (steps) => {
      const admission = admissionOf({ maxExchanges: 40, maxExchangesPerAgent: 15 })
      const open = new Map<string, AgentUse[]>()
      for (const { name, end } of steps) {
        const mine = open.get(name) ?? []
        open.set(name, mine)
        const ending = end ? mine.pop() : undefined
        if (ending !== undefined) admission.endExchange(ending)
        if (end) continue
        const use = admission.beginExchange(agent(name))
        if (!isDenial(use)) mine.push(use)
      }
      const counts = [...open.values()].map(({ length }) => length)
      expect(admission.exchanges.taken).toBe(counts.reduce((sum, count) => sum + count, 0))
      expect(Math.max(0, ...counts)).toBeLessThanOrEqual(15)
      for (const mine of open.values()) if (mine[0] !== undefined) expect(mine[0].exchanges).toBe(mine.length)
    }))
  })
})
