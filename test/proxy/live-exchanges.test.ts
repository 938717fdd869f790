import { describe, expect, it } from 'vitest'
import type { Principal } from '../../src/model/principal.ts'
import { LiveExchanges } from '../../src/proxy/live-exchanges.ts'
import type { Revoked } from '../../src/sync/contract.ts'
import { TestRevocations } from '../forward/forward-world.ts'
import { delegation, principal } from '../policy/fixtures.ts'

function open(live: LiveExchanges, name: string, cut: string[], over: Partial<Principal> = {}, integration: string | null = 'github'): () => void {
  return live.add({ principal: principal(over), integration: integration ?? undefined, cut: () => { cut.push(name); return () => void cut.push(`${name}: upstream`) } })
}

const bound = (connections: Record<string, string>): Partial<Principal> => ({ delegation: { ...delegation(), standing: { consent: [], groups: [], connections: connections as never } } })
const revoked = (kind: Revoked['kind'], id: string): Revoked => ({ kind, id } as Revoked)

describe('what is open', () => {
  it.each([
    ['its agent', revoked('agent', 'agent:bot'), ['alices', 'alices: upstream']],
    ['its delegation', revoked('delegation', 'dlg_1'), ['alices', 'others', 'alices: upstream', 'others: upstream']],
    ['nothing of it', revoked('agent', 'agent:nobody'), []],
  ])('is cut with %s, every agent’s side before any upstream’s, and counted', (_, what, expected) => {
    const revocations = new TestRevocations()
    const live = new LiveExchanges(revocations)
    const cut: string[] = []
    open(live, 'alices', cut)
    open(live, 'others', cut, { agent: 'agent:other' as never })
    revocations.revoke(what)
    expect([cut, revocations.cut]).toEqual([expected, expected.length / 2])
  })

  it('is cut with the connection that carries it, at its own integration alone', () => {
    const revocations = new TestRevocations()
    const live = new LiveExchanges(revocations)
    const cut: string[] = []
    const both = bound({ github: 'con_1', slack: 'con_2' })
    open(live, 'github', cut, both, 'github')
    open(live, 'slack', cut, both, 'slack')
    open(live, 'tunnel', cut, both, null)
    open(live, 'another’s', cut, bound({ github: 'con_3' }), 'github')
    revocations.revoke(revoked('connection', 'con_1'))
    expect([cut, revocations.cut]).toEqual([['github', 'github: upstream'], 1])
  })

  it('is cut although another could not be, which is told', () => {
    const revocations = new TestRevocations()
    const live = new LiveExchanges(revocations)
    const cut: string[] = []
    live.add({ principal: principal(), integration: 'github', cut: () => { throw new Error('a defect') } })
    open(live, 'the other', cut)
    expect(() => revocations.revoke(revoked('agent', 'agent:bot'))).toThrow('1 of what was open could not be cut')
    expect(cut).toEqual(['the other', 'the other: upstream'])
  })

  it('is not cut, nor counted, once it has ended, or nobody looks any more', () => {
    const revocations = new TestRevocations()
    const live = new LiveExchanges(revocations)
    const cut: string[] = []
    open(live, 'ended', cut)()
    open(live, 'open', cut)
    revocations.revoke(revoked('agent', 'agent:bot'))
    live.close()
    revocations.revoke(revoked('agent', 'agent:bot'))
    expect([cut, revocations.cut]).toEqual([['open', 'open: upstream'], 0])
  })
})
