import { beforeEach, describe, expect, it } from 'vitest'
import type { SignIn } from '../../../src/store/ports/people.ts'
import { ALICE, BOB, changesDuring, type OpenStore, type StoreUnderTest } from './store-under-test.ts'

const SIGN_IN: SignIn = {
  id: ALICE, issuer: 'https://idp.acme.com', subject: '00u1', name: 'Alice Chen', email: 'alice@acme.com', groups: ['engineering', 'on-call'],
}

/** What every adapter of the people port keeps to. */
export function peopleContract(open: OpenStore): void {
  describe('people', () => {
    let under: StoreUnderTest
    const people = () => under.store.people

    beforeEach(async () => { under = await open() })

    it('gives back what the identity provider said, with and without what is optional, also over reopening', async () => {
      const seen = { firstSeenAtMs: under.clock.now, lastSeenAtMs: under.clock.now }
      const bare = { ...SIGN_IN, id: BOB, subject: '00u2', name: undefined, email: undefined, groups: [] }
      expect(await people().signIn(SIGN_IN)).toEqual({ ...SIGN_IN, ...seen })
      expect(await people().signIn(bare)).toEqual({ ...bare, ...seen })
      await under.store.close()
      const reopened = await under.reopen()
      expect(await reopened.people.get(ALICE)).toEqual({ ...SIGN_IN, ...seen })
      expect(await reopened.people.get(BOB)).toEqual({ ...bare, ...seen })
    })

    it('knows nobody who never signed in', async () => {
      expect(await people().get(ALICE)).toBeUndefined()
    })

    it('keeps the last name, address and groups, and the first moment', async () => {
      await people().signIn(SIGN_IN)
      under.clock.now += 1000
      const later = { ...SIGN_IN, name: 'Alice Chen-Meyer', email: 'alice.meyer@acme.com', groups: [] }
      const expected = { ...later, firstSeenAtMs: under.clock.now - 1000, lastSeenAtMs: under.clock.now }
      expect(await people().signIn(later)).toEqual(expected)
      expect(await people().get(ALICE)).toEqual(expected)
    })

    it('refuses the id to another subject and another issuer, and changes nothing then', async () => {
      const first = await people().signIn(SIGN_IN)
      under.clock.now += 1000
      expect(await people().signIn({ ...SIGN_IN, subject: '00u9', name: 'Another Alice' })).toBeUndefined()
      expect(await people().signIn({ ...SIGN_IN, issuer: 'https://idp.evil.example', groups: ['operators'] })).toBeUndefined()
      expect(await people().get(ALICE)).toEqual(first)
    })

    it('gives an id that two subjects claim at once to one of them', async () => {
      const other = await under.reopen()
      const claims = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((subject, n) =>
        (n % 2 === 0 ? other.people : people()).signIn({ ...SIGN_IN, subject })))
      const winners = claims.filter((person) => person !== undefined)
      expect(winners).toHaveLength(1)
      expect(await people().get(ALICE)).toEqual(winners[0])
    })

    it('tells each sign-in, and none that was refused', async () => {
      expect(await changesDuring(under.store, () => people().signIn(SIGN_IN))).toEqual([{ kind: 'person', id: ALICE }])
      expect(await changesDuring(under.store, () => people().signIn({ ...SIGN_IN, subject: '00u9' }))).toEqual([])
    })
  })
}
