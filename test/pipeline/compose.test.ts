import { describe, expect, it } from 'vitest'
import { Later } from '../../src/lib/later.ts'
import { deny, Fault, type Denial } from '../../src/model/denial.ts'
import type { Principal } from '../../src/model/principal.ts'
import { compose, run, type Run, type Stages } from '../../src/proxy/compose.ts'
import type { Identified, Received, Snapped, Stage } from '../../src/proxy/exchange.ts'
import type { PolicySnapshot } from '../../src/policy/snapshot.ts'

const principal = { agent: 'agent:a' } as unknown as Principal
const snapshot = { hash: 'sha256:x' } as unknown as PolicySnapshot

const identify = (result: Stage<Received, 'principal', Principal>['run']): Stage<Received, 'principal', Principal> => ({ name: 'identify', adds: 'principal', run: result })
const snap = (seen: string[] = []): Stage<Identified, 'snapshot', PolicySnapshot> => ({
  name: 'snap',
  adds: 'snapshot',
  run: (exchange) => {
    seen.push(exchange.principal.agent)
    return snapshot
  },
})

function failing(): Later<Principal | Denial> {
  const later = new Later<Principal | Denial>()
  later.reject(new TypeError('x'))
  return later
}

function givingNothing(): Later<Principal | Denial> {
  const later = new Later<Principal | Denial>()
  later.resolve(undefined as unknown as Principal)
  return later
}

const outcomeOf = (stages: Stages, exchange: Received): Promise<Run> => new Promise((resolve) => run(stages, exchange, resolve))

const received = (): Received & Partial<Snapped> => ({}) as Received

describe('the list of stages', () => {
  it('adds one field a stage, in order, and stays synchronous where nothing waits', () => {
    const exchange = received()
    const outcomes: Run[] = []
    run(compose().next(identify(() => principal)).next(snap()), exchange, (outcome) => outcomes.push(outcome))
    expect(outcomes).toEqual([{ kind: 'complete' }])
    expect(exchange).toEqual({ principal, snapshot })
  })

  it('waits where a stage waits, and goes on behind it', async () => {
    const exchange = received()
    const seen: string[] = []
    const outcome = outcomeOf(compose().next(identify(async () => principal)).next(snap(seen)), exchange)
    expect(seen).toEqual([])
    expect(await outcome).toEqual({ kind: 'complete' })
    expect(seen).toEqual(['agent:a'])
  })

  it('goes on in the very turn in which a stage that can tell it so has its result', () => {
    const exchange = received()
    const later = new Later<Principal | Denial>()
    const outcomes: Run[] = []
    run(compose().next({ ...identify(() => principal), run: () => later }).next(snap()), exchange, (outcome) => outcomes.push(outcome))
    expect(outcomes).toEqual([])
    later.resolve(principal)
    expect(outcomes).toEqual([{ kind: 'complete' }])
    expect(exchange).toEqual({ principal, snapshot })
  })

  for (const [how, result] of [
    ['at once', () => deny('agent_revoked', 'x')],
    ['after waiting', async () => deny('agent_revoked', 'x')],
  ] as const) {
    it(`stops at the first denial, given ${how}: no later stage runs`, async () => {
      const exchange = received()
      const seen: string[] = []
      const outcome = await outcomeOf(compose().next(identify(result)).next(snap(seen)), exchange)
      expect(outcome).toMatchObject({ kind: 'denied', stage: 'identify', denial: { denial: 'agent_revoked' } })
      expect(seen).toEqual([])
      expect(exchange).toEqual({})
    })
  }

  for (const [how, result] of [
    ['throws', () => { throw new Fault('credential_unavailable', 'x') }],
    ['rejects', () => Promise.reject(new TypeError('x'))],
    ['fails later', () => failing()],
    ['gives nothing later', () => givingNothing()],
    ['gives nothing', () => undefined as unknown as Principal],
    ['gives nothing after waiting', async () => undefined as unknown as Principal],
  ] as const) {
    it(`is broken, and goes no further, where a stage ${how}`, async () => {
      const seen: string[] = []
      const outcome = await outcomeOf(compose().next(identify(result)).next(snap(seen)), received())
      expect(outcome).toMatchObject({ kind: 'broken', stage: 'identify' })
      expect(seen).toEqual([])
    })
  }

  it('cannot be composed out of order', () => {
    // @ts-expect-error the stage reads the principal, which nobody has added yet
    const stages = compose().next(snap())
    expect(stages.list).toHaveLength(1)
  })
})
