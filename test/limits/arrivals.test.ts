import { describe, expect, it } from 'vitest'
import { deny, type Denial } from '../../src/model/denial.ts'
import type { Principal } from '../../src/model/principal.ts'
import { Arrivals } from '../../src/proxy/admission/arrivals.ts'
import type { ConnectionPlace } from '../../src/proxy/connection-places.ts'
import type { Proofs, Received } from '../../src/proxy/exchange.ts'

const NOBODY = deny('token_invalid', 'a forged token')
const ALICE = { agent: 'agent:alice' } as unknown as Principal
const placeOf = (owner: string | undefined): ConnectionPlace => ({ owner }) as ConnectionPlace
const by = (place: ConnectionPlace | undefined, proofs = {} as Proofs): Received => ({ place, proofs }) as Received

/** Requests whose keys come when the test says so. */
function waitingFor(max: number, perOwner: number) {
  const arrivals = new Arrivals(max, perOwner)
  const arrive = arrivals.arriveStage()
  const pending: PromiseWithResolvers<Principal | Denial>[] = []
  const identify = arrivals.identifyStage(() => {
    const one = Promise.withResolvers<Principal | Denial>()
    pending.push(one)
    return one.promise
  })
  const results: Promise<unknown>[] = []
  /** @returns whether it was let in, and waits from now on */
  const arrives = (received: Received): boolean => {
    const refused = arrive.run(received)
    if (refused !== null) return false
    results.push(Promise.resolve(identify.run(received) as Promise<unknown>).catch((error: unknown) => error))
    return true
  }
  return { arrivals, arrives, pending, results }
}

describe('what waits to be identified', () => {
  it('counts as the agent’s that has proven itself on its connections, all of them together', () => {
    const { arrives, arrivals } = waitingFor(1_000, 5)
    const let_in = Array.from({ length: 8 }, () => arrives(by(placeOf('agent:alice'))))
    expect(let_in.filter(Boolean)).toHaveLength(5)
    expect([arrives(by(placeOf('agent:bob'))), arrivals.waiting]).toEqual([true, 6])
  })

  it('counts as its connection’s where nobody has, and by what a connection proved where connections are not counted', () => {
    const { arrives } = waitingFor(1_000, 2)
    const mine = placeOf(undefined)
    const proofs = {} as Proofs
    expect([arrives(by(mine)), arrives(by(mine)), arrives(by(mine)), arrives(by(placeOf(undefined)))]).toEqual([true, true, false, true])
    expect([by(undefined, proofs), by(undefined, proofs), by(undefined, proofs), by(undefined)].map(arrives)).toEqual([true, true, false, true])
  })

  it('of one agent, or connection, leaves room for others, and that of agents all of it to newcomers', () => {
    const { arrives, arrivals } = waitingFor(1_000, 1_000)
    const fill = (place: ConnectionPlace): number => Array.from({ length: 2_000 }, () => arrives(by(place))).filter(Boolean).length
    expect(fill(placeOf('agent:alice'))).toBe(800)
    expect(arrives(by(placeOf('agent:bob')))).toBe(true)
    for (let agents = 0; agents < 1_500; agents += 1) arrives(by(placeOf(`agent:${agents}`)))
    expect([arrivals.waiting, arrives(by(placeOf('agent:carol')))]).toEqual([1_000, false])
    expect([fill(placeOf(undefined)), arrives(by(placeOf(undefined))), arrivals.waiting]).toEqual([800, true, 1_801])
  })

  it('gives its place back however it comes out', async () => {
    const { arrives, arrivals, pending, results } = waitingFor(10, 3)
    const place = placeOf('agent:alice')
    expect([arrives(by(place)), arrives(by(place)), arrives(by(place)), arrives(by(place))]).toEqual([true, true, true, false])
    pending[0]?.resolve(ALICE)
    pending[1]?.resolve(NOBODY)
    pending[2]?.reject(new Error('keys cannot be had'))
    expect(await Promise.all(results)).toEqual([ALICE, NOBODY, new Error('keys cannot be had')])
    expect([arrivals.waiting, arrives(by(place))]).toEqual([0, true])
  })

  it('is nothing where identity is at hand', () => {
    const arrivals = new Arrivals(1, 1)
    const identify = arrivals.identifyStage(() => ALICE)
    for (let n = 0; n < 3; n += 1) expect([arrivals.arriveStage().run(by(placeOf('agent:alice'))), identify.run(by(placeOf('agent:alice')))]).toEqual([null, ALICE])
    expect(arrivals.waiting).toBe(0)
  })
})
