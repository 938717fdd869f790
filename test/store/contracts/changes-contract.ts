import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { newId } from '../../../src/model/ids.ts'
import type { StoreChange } from '../../../src/store/ports/changes.ts'
import { ALICE, BOB, type OpenStore, REVIEWER, type StoreUnderTest } from './store-under-test.ts'

/** What every adapter of the changes port keeps to. */
export function changesContract(open: OpenStore): void {
  describe('changes', () => {
    let under: StoreUnderTest
    let told: StoreChange[]

    beforeEach(async () => {
      under = await open()
      told = []
    })

    function listen(listener: (change: StoreChange) => void): void {
      onTestFinished(under.store.changes.subscribe(listener))
    }

    function delegation() {
      return { id: newId('dlg'), agent: REVIEWER, person: ALICE, access: [], expiresAtMs: under.clock.now + 1000, session: newId('ses') }
    }

    it('are told when the promise resolves, once, to all that listen, and to nobody that no longer does', async () => {
      const second: StoreChange[] = []
      listen((change) => told.push(change))
      const unsubscribe = under.store.changes.subscribe((change) => second.push(change))
      const wanted = delegation()
      await under.store.delegations.create(wanted)
      const expected = [{ kind: 'delegation', id: wanted.id }, { kind: 'session', id: wanted.session }]
      expect(told).toEqual(expected)
      expect(second).toEqual(expected)
      unsubscribe()
      unsubscribe()
      await under.store.delegations.endSession(wanted.session, 'signed_out')
      expect(told).toHaveLength(3)
      expect(second).toHaveLength(2)
    })

    it('are told in the order in which they were made, also where many are under way', async () => {
      listen((change) => told.push(change))
      const wanted = Array.from({ length: 50 }, delegation)
      await Promise.all(wanted.flatMap((one) => [
        under.store.delegations.create(one), under.store.delegations.end(one.id, 'revoked', 'system', undefined),
      ]))
      for (const { id, session } of wanted) {
        const own = told.filter((change) => 'id' in change && (change.id === id || change.id === session)).map(({ kind }) => kind)
        expect(own).toEqual(['delegation', 'session', 'delegation', 'session'])
      }
    })

    it('are durable when they are told', async () => {
      const wanted = delegation()
      const seen = new Promise<unknown>((resolve, reject) => {
        listen((change) => {
          if (change.kind === 'delegation') under.reopen().then((other) => other.delegations.get(change.id)).then(resolve, reject)
        })
      })
      const made = await under.store.delegations.create(wanted)
      expect(await seen).toEqual(made)
    })

    it('let one that listens change something itself', async () => {
      const wanted = delegation()
      const ended = new Promise<unknown>((resolve, reject) => {
        listen((change) => {
          told.push(change)
          if (told.length === 1) under.store.delegations.end(wanted.id, 'revoked', 'system', undefined).then(resolve, reject)
        })
      })
      await under.store.delegations.create(wanted)
      await ended
      expect(told.map(({ kind }) => kind)).toEqual(['delegation', 'session', 'delegation', 'session'])
    })

    it('are not told for what nobody keeps a copy of', async () => {
      listen((change) => told.push(change))
      await under.store.shortLived.put({ kind: 'browser_session', id: 'cookie', payload: {}, expiresAtMs: under.clock.now + 10 })
      await under.store.people.get(BOB)
      await under.store.delegations.list({}, { limit: 1 })
      expect(told).toEqual([])
    })

    it('say that nothing was missed while the store can be heard, and for how long it could not be once it is closed', async () => {
      await under.store.people.get(BOB)
      expect(under.store.changes.silentForMs()).toBe(0)
      await under.store.close()
      under.clock.now += 700
      expect(under.store.changes.silentForMs()).toBe(700)
    })
  })
}
