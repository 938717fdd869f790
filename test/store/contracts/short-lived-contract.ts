import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_PAYLOAD_BYTES, type NewRecord, type Predecessor, type RecordKind } from '../../../src/store/ports/short-lived.ts'
import { type OpenStore, type StoreUnderTest } from './store-under-test.ts'

const CODE: RecordKind = 'oauth:AuthorizationCode'
const REFRESH: RecordKind = 'oauth:RefreshToken'
const LEASE_MS = 5000
const LIFE_MS = 60_000

/** What every adapter of the short-lived port keeps to. */
export function shortLivedContract(open: OpenStore): void {
  describe('short-lived records', () => {
    let under: StoreUnderTest
    const records = () => under.store.shortLived

    beforeEach(async () => { under = await open() })

    function record(id: string, changes: Partial<NewRecord> = {}): NewRecord {
      return { kind: REFRESH, id, payload: { of: id, nested: { list: [1, 'two', null], text: 'ünïcode \u{1f511}' } }, expiresAtMs: under.clock.now + LIFE_MS, ...changes }
    }

    function after(id: string, holder: string, note = `after ${id}`): Predecessor {
      return { kind: REFRESH, id, holder, note }
    }

    const unused = { consumedAtMs: undefined, succeeded: false, successor: undefined }

    describe('are kept', () => {
      it('by kind and id, with what was put, also over reopening', async () => {
        const wanted = record('token-1')
        await records().put(wanted)
        const expected = { payload: wanted.payload, expiresAtMs: wanted.expiresAtMs, ...unused }
        expect(await records().find(REFRESH, 'token-1')).toEqual(expected)
        expect(await records().find(CODE, 'token-1')).toBeUndefined()
        expect(await records().find(REFRESH, 'token-2')).toBeUndefined()
        await under.store.close()
        expect(await (await under.reopen()).shortLived.find(REFRESH, 'token-1')).toEqual(expected)
      })

      it('apart from each other, however kind and id run together', async () => {
        await records().put(record('b:c', { kind: 'oauth:a', payload: { n: 1 } }))
        await records().put(record('c', { kind: 'oauth:a:b', payload: { n: 2 } }))
        expect(await records().find('oauth:a', 'b:c')).toMatchObject({ payload: { n: 1 } })
        expect(await records().find('oauth:a:b', 'c')).toMatchObject({ payload: { n: 2 } })
      })

      it('under their second names too, each of its own kind', async () => {
        await records().put(record('device-1', { kind: 'oauth:DeviceCode', userCode: 'WDJB-MJHT', uid: 'uid-1' }))
        expect(await records().findByUserCode('oauth:DeviceCode', 'WDJB-MJHT')).toMatchObject({ payload: { of: 'device-1' } })
        expect(await records().findByUid('oauth:DeviceCode', 'uid-1')).toMatchObject({ payload: { of: 'device-1' } })
        expect(await records().findByUserCode('oauth:DeviceCode', 'uid-1')).toBeUndefined()
        expect(await records().findByUid('oauth:DeviceCode', 'WDJB-MJHT')).toBeUndefined()
        expect(await records().findByUid('oauth:Session', 'uid-1')).toBeUndefined()
        await records().remove('oauth:DeviceCode', 'device-1')
        expect(await records().findByUserCode('oauth:DeviceCode', 'WDJB-MJHT')).toBeUndefined()
        expect(await records().findByUid('oauth:DeviceCode', 'uid-1')).toBeUndefined()
      })

      it('under a second name that is changed or taken away', async () => {
        await records().put(record('session-1', { uid: 'uid-1' }))
        await records().put(record('session-1', { uid: 'uid-2' }))
        expect(await records().findByUid(REFRESH, 'uid-1')).toBeUndefined()
        expect(await records().findByUid(REFRESH, 'uid-2')).toBeDefined()
        await records().put(record('session-1'))
        expect(await records().findByUid(REFRESH, 'uid-2')).toBeUndefined()
      })

      it('once only where they must be new: of many that put the same, one is stored', async () => {
        const other = await under.reopen()
        const proofs = Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? other : under.store).shortLived.putNew(record('jti-1', { kind: 'dpop_jti', payload: { n } })))
        expect((await Promise.all(proofs)).filter(Boolean)).toHaveLength(1)
        expect(await records().putNew(record('jti-1', { kind: 'dpop_jti' }))).toBe(false)
        expect(await records().putNew(record('jti-1', { kind: 'cli_login' }))).toBe(true)
      })

      it('up to their bound, and not beyond', async () => {
        const filling = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) })
        await records().put(record('large', { payload: filling(MAX_PAYLOAD_BYTES) }))
        expect(await records().find(REFRESH, 'large')).toMatchObject({ payload: filling(MAX_PAYLOAD_BYTES) })
        await expect(records().put(record('larger', { payload: filling(MAX_PAYLOAD_BYTES + 1) }))).rejects.toThrow(TypeError)
        await expect(records().put(record('wide', { payload: { text: 'ü'.repeat(MAX_PAYLOAD_BYTES / 2) } }))).rejects.toThrow(TypeError)
        expect(await records().find(REFRESH, 'larger')).toBeUndefined()
      })

      it('only with an end', async () => {
        await expect(records().put(record('endless', { expiresAtMs: Infinity }))).rejects.toThrow(TypeError)
        await expect(records().putNew(record('endless', { expiresAtMs: NaN }))).rejects.toThrow(TypeError)
      })
    })

    describe('are over at their time', () => {
      it('and then not given out, swept or not', async () => {
        await records().put(record('token-1', { uid: 'uid-1', userCode: 'code-1' }))
        under.clock.now += LIFE_MS - 1
        expect(await records().find(REFRESH, 'token-1')).toBeDefined()
        under.clock.now += 1
        expect(await records().find(REFRESH, 'token-1')).toBeUndefined()
        expect(await records().findByUid(REFRESH, 'uid-1')).toBeUndefined()
        expect(await records().findByUserCode(REFRESH, 'code-1')).toBeUndefined()
        expect(await records().consume(REFRESH, 'token-1', 'me')).toBe('missing')
        expect(await records().putSuccessor(record('token-2'), after('token-1', 'me'))).toBe(false)
      })

      it('so that the same name is new again', async () => {
        await records().put(record('token-1'))
        await records().consume(REFRESH, 'token-1', 'me')
        under.clock.now += LIFE_MS
        expect(await records().putNew(record('token-1', { payload: { second: true } }))).toBe(true)
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ payload: { second: true }, ...unused })
        under.clock.now += LIFE_MS
        await records().put(record('token-1', { payload: { third: true } }))
        expect(await records().consume(REFRESH, 'token-1', 'me')).toBe('first')
      })

      it('and never stored where it has come already', async () => {
        const over = record('late', { expiresAtMs: under.clock.now })
        await records().put(over)
        expect(await records().find(REFRESH, 'late')).toBeUndefined()
        expect(await records().putNew(over)).toBe(false)
        await records().put(record('token-1'))
        await records().consume(REFRESH, 'token-1', 'me')
        expect(await records().putSuccessor(over, after('token-1', 'me'))).toBe(false)
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ succeeded: false })
      })

      it('and forgotten by a sweep, which spares what lives', async () => {
        for (let n = 0; n < 5; n++) await records().put(record(`short-${n}`, { expiresAtMs: under.clock.now + 10 }))
        await records().put(record('long'))
        under.clock.now += 10
        let forgotten = 0
        for (let round = 0; round < 5; round++) {
          const some = await records().sweep(under.clock.now, 2)
          expect(some).toBeLessThanOrEqual(2)
          forgotten += some
        }
        // An adapter may have forgotten them by itself.
        expect(forgotten).toBeLessThanOrEqual(5)
        expect(await records().sweep(under.clock.now, 100)).toBe(0)
        expect(await records().find(REFRESH, 'long')).toBeDefined()
        expect(await records().find(REFRESH, 'short-0')).toBeUndefined()
      })
    })

    describe('are consumed', () => {
      it('by exactly one of many at once, in all processes', async () => {
        const other = await under.reopen()
        await records().put(record('code-1', { kind: CODE }))
        const attempts = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? other : under.store).shortLived.consume(CODE, 'code-1', `attempt-${n}`, n % 3 === 0 ? LEASE_MS : undefined))
        const answers = await Promise.all(attempts)
        expect(answers.filter((answer) => answer === 'first')).toHaveLength(1)
        expect(answers.filter((answer) => answer === 'consumed')).toHaveLength(39)
      })

      it('and show since when, also over reopening and being put again', async () => {
        await records().put(record('token-1'))
        under.clock.now += 7
        const consumedAtMs = under.clock.now
        expect(await records().consume(REFRESH, 'token-1', 'me')).toBe('first')
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ consumedAtMs, succeeded: false, successor: undefined })
        under.clock.now += 7
        await records().put(record('token-1', { payload: { changed: true }, expiresAtMs: under.clock.now + 99 }))
        await under.store.close()
        const reopened = await under.reopen()
        expect(await reopened.shortLived.find(REFRESH, 'token-1')).toMatchObject({ payload: { changed: true }, expiresAtMs: under.clock.now + 99, consumedAtMs })
        expect(await reopened.shortLived.consume(REFRESH, 'token-1', 'me')).toBe('consumed')
        expect(await reopened.shortLived.putNew(record('token-1'))).toBe(false)
      })

      it('never where there is none', async () => {
        expect(await records().consume(CODE, 'never', 'me')).toBe('missing')
        await records().put(record('gone', { kind: CODE }))
        await records().remove(CODE, 'gone')
        expect(await records().consume(CODE, 'gone', 'me')).toBe('missing')
        await records().remove(CODE, 'gone')
      })

      it('a second time only where the attempt before left no successor and its lease is over', async () => {
        await records().put(record('token-1'))
        expect(await records().consume(REFRESH, 'token-1', 'crashed', LEASE_MS)).toBe('first')
        const consumedAtMs = under.clock.now
        under.clock.now += LEASE_MS - 1
        expect(await records().consume(REFRESH, 'token-1', 'next', LEASE_MS)).toBe('consumed')
        under.clock.now += 1
        expect(await records().consume(REFRESH, 'token-1', 'strict')).toBe('consumed')
        expect(await records().consume(REFRESH, 'token-1', 'next', LEASE_MS)).toBe('taken_over')
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ consumedAtMs })
        expect(await records().consume(REFRESH, 'token-1', 'third', LEASE_MS)).toBe('consumed')
        under.clock.now += LEASE_MS
        expect(await records().consume(REFRESH, 'token-1', 'third', LEASE_MS)).toBe('taken_over')
      })

      it('a second time by one of many at once', async () => {
        const other = await under.reopen()
        await records().put(record('token-1'))
        await records().consume(REFRESH, 'token-1', 'crashed', LEASE_MS)
        under.clock.now += LEASE_MS
        const attempts = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? other : under.store).shortLived.consume(REFRESH, 'token-1', `attempt-${n}`, LEASE_MS))
        const answers = await Promise.all(attempts)
        expect(answers.filter((answer) => answer === 'taken_over')).toHaveLength(1)
        expect(answers.filter((answer) => answer === 'consumed')).toHaveLength(19)
      })
    })

    describe('have a successor', () => {
      it('that is stored with the note for whoever shows the old name again', async () => {
        await records().put(record('token-1'))
        await records().consume(REFRESH, 'token-1', 'me', LEASE_MS)
        expect(await records().putSuccessor(record('token-2'), after('token-1', 'me', 'sealed note'))).toBe(true)
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ succeeded: true, successor: 'sealed note' })
        expect(await records().find(REFRESH, 'token-2')).toMatchObject({ payload: { of: 'token-2' }, ...unused })
        under.clock.now += LEASE_MS * 2
        expect(await records().consume(REFRESH, 'token-1', 'late', LEASE_MS)).toBe('consumed')
      })

      it('from the last holder only', async () => {
        await records().put(record('token-1'))
        expect(await records().putSuccessor(record('early'), after('token-1', 'slow'))).toBe(false)
        await records().consume(REFRESH, 'token-1', 'slow', LEASE_MS)
        expect(await records().putSuccessor(record('stranger'), after('token-1', 'stranger'))).toBe(false)
        under.clock.now += LEASE_MS
        await records().consume(REFRESH, 'token-1', 'next', LEASE_MS)
        expect(await records().putSuccessor(record('slow-one'), after('token-1', 'slow'))).toBe(false)
        expect(await records().putSuccessor(record('next-one'), after('token-1', 'next'))).toBe(true)
        expect(await records().putSuccessor(record('another'), after('token-1', 'next'))).toBe(false)
        const found = await Promise.all(['early', 'stranger', 'slow-one', 'next-one', 'another'].map((id) => records().find(REFRESH, id)))
        expect(found.map((one) => one !== undefined)).toEqual([false, false, false, true, false])
      })

      it('one at most, whoever races', async () => {
        const stores = [under.store, await under.reopen()]
        for (let round = 0; round < 25; round++) {
          const old = `round-${round}`
          await records().put(record(old))
          const attempts = await Promise.all(Array.from({ length: 8 }, async (_, n) => {
            const { shortLived } = stores[n % 2] ?? under.store
            const holder = `holder-${n}`
            const consumption = await shortLived.consume(REFRESH, old, holder, LEASE_MS)
            const stored = await shortLived.putSuccessor(record(`${old}/${n}`), after(old, holder, holder))
            return { stored, consumption, holder }
          }))
          const winners = attempts.filter(({ stored }) => stored)
          expect(winners).toEqual([{ stored: true, consumption: 'first', holder: winners[0]?.holder }])
          const found = await Promise.all(attempts.map((_, n) => records().find(REFRESH, `${old}/${n}`)))
          expect(found.filter((one) => one !== undefined)).toHaveLength(1)
          expect(await records().find(REFRESH, old)).toMatchObject({ successor: winners[0]?.holder })
        }
      })

      it('not where the old one was removed meanwhile: what was revoked gets no successor', async () => {
        await records().put(record('token-1', { grant: 'ses_1' }))
        await records().consume(REFRESH, 'token-1', 'me', LEASE_MS)
        await records().removeByGrant('ses_1')
        expect(await records().putSuccessor(record('token-2', { grant: 'ses_1' }), after('token-1', 'me'))).toBe(false)
        expect(await records().find(REFRESH, 'token-2')).toBeUndefined()
      })

      it('not under a name that is there already', async () => {
        await records().put(record('token-1'))
        await records().put(record('taken', { payload: { first: true } }))
        await records().consume(REFRESH, 'token-1', 'me', LEASE_MS)
        expect(await records().putSuccessor(record('taken'), after('token-1', 'me'))).toBe(false)
        expect(await records().find(REFRESH, 'taken')).toMatchObject({ payload: { first: true } })
        expect(await records().find(REFRESH, 'token-1')).toMatchObject({ succeeded: false })
        expect(await records().putSuccessor(record('free'), after('token-1', 'me'))).toBe(true)
      })
    })

    describe('end together', () => {
      it('by their grant, of all kinds, and nobody else’s', async () => {
        await records().put(record('refresh', { grant: 'ses_1' }))
        await records().put(record('code', { kind: CODE, grant: 'ses_1', uid: 'uid-1' }))
        await records().put(record('other', { grant: 'ses_2' }))
        await records().put(record('none'))
        await records().removeByGrant('ses_1')
        await records().removeByGrant('ses_1')
        expect(await records().find(REFRESH, 'refresh')).toBeUndefined()
        expect(await records().find(CODE, 'code')).toBeUndefined()
        expect(await records().findByUid(CODE, 'uid-1')).toBeUndefined()
        expect(await records().find(REFRESH, 'other')).toBeDefined()
        expect(await records().find(REFRESH, 'none')).toBeDefined()
      })

      it('by the grant that they were put under last, successors too', async () => {
        await records().put(record('moved', { grant: 'ses_1' }))
        await records().put(record('moved', { grant: 'ses_2' }))
        await records().put(record('token-1', { grant: 'ses_2' }))
        await records().consume(REFRESH, 'token-1', 'me')
        await records().putSuccessor(record('token-2', { grant: 'ses_2' }), after('token-1', 'me'))
        await records().removeByGrant('ses_1')
        expect(await records().find(REFRESH, 'moved')).toBeDefined()
        await records().removeByGrant('ses_2')
        expect(await Promise.all(['moved', 'token-1', 'token-2'].map((id) => records().find(REFRESH, id)))).toEqual([undefined, undefined, undefined])
      })
    })
  })
}
