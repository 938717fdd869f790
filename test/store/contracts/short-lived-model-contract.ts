import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Consumption, NewRecord } from '../../../src/store/ports/short-lived.ts'
import { type OpenStore, type StoreUnderTest } from './store-under-test.ts'

const KIND = 'oauth:RefreshToken'
const LEASE_MS = 50

interface Kept extends Pick<NewRecord, 'payload' | 'expiresAtMs' | 'grant' | 'uid'> {
  consumedAtMs: number | undefined
  attemptedAtMs: number
  holder: string | undefined
  successor: string | undefined
}

/** What the port says, in the plainest way. */
class Model {
  readonly #kept = new Map<string, Kept>()
  nowMs = 0

  find(id: string): Kept | undefined {
    const kept = this.#kept.get(id)
    return kept !== undefined && kept.expiresAtMs > this.nowMs ? kept : undefined
  }

  put({ id, payload, expiresAtMs, grant, uid }: NewRecord): void {
    const unused = { consumedAtMs: undefined, attemptedAtMs: 0, holder: undefined, successor: undefined }
    this.#kept.set(id, { ...(this.find(id) ?? unused), payload, expiresAtMs, grant, uid })
  }

  putNew(record: NewRecord): boolean {
    if (this.find(record.id) !== undefined || record.expiresAtMs <= this.nowMs) return false
    this.put(record)
    return true
  }

  consume(id: string, holder: string, leaseMs: number | undefined): Consumption {
    const kept = this.find(id)
    if (kept === undefined) return 'missing'
    const first = kept.consumedAtMs === undefined
    const free = kept.successor === undefined && leaseMs !== undefined && kept.attemptedAtMs + leaseMs <= this.nowMs
    if (!first && !free) return 'consumed'
    Object.assign(kept, { holder, attemptedAtMs: this.nowMs, consumedAtMs: kept.consumedAtMs ?? this.nowMs })
    return first ? 'first' : 'taken_over'
  }

  putSuccessor(record: NewRecord, id: string, holder: string): boolean {
    const old = this.find(id)
    if (old?.consumedAtMs === undefined || old.holder !== holder || old.successor !== undefined || !this.putNew(record)) return false
    old.successor = holder
    return true
  }

  remove(id: string): void {
    this.#kept.delete(id)
  }

  removeByGrant(grant: string): void {
    for (const [id, kept] of this.#kept) if (kept.grant === grant) this.#kept.delete(id)
  }
}

const IDS = ['a', 'b', 'c'] as const
const id = fc.constantFrom(...IDS)
const holder = fc.constantFrom('one', 'other')
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('put' as const, 'putNew' as const), id, lifeMs: fc.constantFrom(-1, 0, 1, 60, 1000), grant: fc.constantFrom('g', 'h', undefined), named: fc.boolean(), n: fc.nat(9) }),
  fc.record({ do: fc.constant('consume' as const), id, holder, leased: fc.boolean() }),
  fc.record({ do: fc.constant('succeed' as const), id, to: id, holder, n: fc.nat(9) }),
  fc.record({ do: fc.constant('remove' as const), id }),
  fc.record({ do: fc.constant('removeByGrant' as const), grant: fc.constantFrom('g', 'h') }),
  fc.record({ do: fc.constant('sweep' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 50, 60) }),
)
type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never

/** Short-lived records against a model, over whatever order of steps. */
export function shortLivedModelContract(open: OpenStore): void {
  describe('short-lived records', () => {
    it('do what the model does, in whatever order they are used', async () => {
      const under = await open()
      let runs = 0
      const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const pair = new Pair(under, `run-${++runs}/`)
        for (const one of steps) {
          const { told, expected } = await pair.take(one)
          expect([one, told]).toEqual([one, expected])
        }
      })
      await fc.assert(property, { numRuns: 40, endOnFailure: true })
    })
  })
}

/** The adapter and the model, each told the same. */
class Pair {
  readonly #under: StoreUnderTest
  readonly #prefix: string
  readonly #model = new Model()

  constructor(under: StoreUnderTest, prefix: string) {
    this.#under = under
    this.#prefix = prefix
  }

  /** Takes one step. @returns what came of it, and what can be found after it, on either side */
  async take(one: Step): Promise<{ readonly told: readonly unknown[]; readonly expected: readonly unknown[] }> {
    this.#model.nowMs = this.#under.clock.now
    const [told, expected] = await this.#both(one)
    const found = await Promise.all(IDS.map((part) => this.#found(this.#prefix + part)))
    return { told: [told, ...found.flat()], expected: [expected, ...IDS.flatMap((part) => this.#expected(this.#prefix + part))] }
  }

  async #both(one: Step): Promise<readonly [unknown, unknown]> {
    const { shortLived } = this.#under.store
    const name = (part: string): string => this.#prefix + part
    switch (one.do) {
      case 'put': return [await shortLived.put(this.#record(one)), this.#model.put(this.#record(one))]
      case 'putNew': return [await shortLived.putNew(this.#record(one)), this.#model.putNew(this.#record(one))]
      case 'consume': {
        const leaseMs = one.leased ? LEASE_MS : undefined
        return [await shortLived.consume(KIND, name(one.id), one.holder, leaseMs), this.#model.consume(name(one.id), one.holder, leaseMs)]
      }
      case 'succeed': {
        const record = this.#record({ id: one.to, lifeMs: 500, grant: 'g', named: true, n: one.n })
        const predecessor = { kind: KIND, id: name(one.id), holder: one.holder, note: one.holder } as const
        return [await shortLived.putSuccessor(record, predecessor), this.#model.putSuccessor(record, name(one.id), one.holder)]
      }
      case 'remove': return [await shortLived.remove(KIND, name(one.id)), this.#model.remove(name(one.id))]
      case 'removeByGrant': return [await shortLived.removeByGrant(name(one.grant)), this.#model.removeByGrant(name(one.grant))]
      case 'sweep': return [(await shortLived.sweep(this.#under.clock.now, 100)) <= 100, true]
      case 'wait': return [void (this.#under.clock.now += one.ms), void (this.#model.nowMs += one.ms)]
    }
  }

  #record({ id, lifeMs, grant, named, n }: { id: string; lifeMs: number; grant: string | undefined; named: boolean; n: number }): NewRecord {
    return {
      kind: KIND, id: this.#prefix + id, payload: { n }, expiresAtMs: this.#under.clock.now + lifeMs,
      grant: grant && this.#prefix + grant, uid: named ? `${this.#prefix}${id}-uid` : undefined,
    }
  }

  async #found(name: string): Promise<readonly unknown[]> {
    const { shortLived } = this.#under.store
    return [await shortLived.find(KIND, name), (await shortLived.findByUid(KIND, `${name}-uid`)) !== undefined]
  }

  #expected(name: string): readonly unknown[] {
    const kept = this.#model.find(name)
    const record = kept && {
      payload: kept.payload, expiresAtMs: kept.expiresAtMs, consumedAtMs: kept.consumedAtMs, succeeded: kept.successor !== undefined, successor: kept.successor,
    }
    return [record, kept?.uid !== undefined]
  }
}
