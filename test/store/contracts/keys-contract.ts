import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import { newId } from '../../../src/model/ids.ts'
import type { Store } from '../../../src/store/ports/store.ts'
import { ALICE, BOB, KEYS, type OpenStore, REVIEWER, type StoreUnderTest } from './store-under-test.ts'

const [A, B, C] = [new Secret(KEYS[0]), new Secret(KEYS[1]), new Secret(KEYS[2])]
const CANARIES = {
  access: 'canary-access-token-5f1d', refresh: 'canary-refresh-token-8e2a', live: 'canary-live-credential-77b0', key: 'canary-signing-key-0c9f',
  id: 'canary-record-id-3b6e', uid: 'canary-uid-91aa', userCode: 'CANARY-WDJB', payload: 'canary-payload-text-c4d2', field: 'canary_payload_field_e1',
  successor: 'canary-successor-id-64ff',
}

/** Everything that is secret, stored in one store. @returns what reads it back */
async function plant(store: Store, now: number): Promise<(from: Store) => Promise<unknown>> {
  const connection = await store.connections.create({
    integration: 'slack', owner: ALICE, label: 'canaries', scopes: [], imported: [],
    tokens: { accessToken: new Secret(CANARIES.access), accessExpiresAtMs: undefined, refreshToken: new Secret(CANARIES.refresh) },
  })
  await store.liveCredentials.add({ id: newId('crd'), integration: 'github', secret: new Secret(CANARIES.live), expiresAtMs: now + 1000 })
  await store.keyring.claim('signing', new Secret(CANARIES.key))
  const record = { kind: 'oauth:RefreshToken', payload: { [CANARIES.field]: CANARIES.payload }, expiresAtMs: now + 1000, grant: newId('ses') } as const
  await store.shortLived.put({ ...record, id: CANARIES.id, uid: CANARIES.uid, userCode: CANARIES.userCode })
  await store.shortLived.consume('oauth:RefreshToken', CANARIES.id, 'holder')
  await store.shortLived.putSuccessor({ ...record, id: CANARIES.successor }, { kind: 'oauth:RefreshToken', id: CANARIES.id, holder: 'holder', note: 'sealed' })
  return async (from) => {
    const { tokens } = (await from.connections.get(connection.id)) ?? { tokens: undefined }
    const found = await from.shortLived.findByUserCode('oauth:RefreshToken', CANARIES.userCode)
    return {
      access: tokens?.accessToken?.reveal(), refresh: tokens?.refreshToken?.reveal(),
      live: (await from.liveCredentials.list()).map(({ secret }) => secret.reveal()),
      key: (await from.keyring.get('signing'))?.reveal(),
      payload: [found?.payload, (await from.shortLived.find('oauth:RefreshToken', CANARIES.successor))?.payload],
    }
  }
}

const PLANTED = {
  access: CANARIES.access, refresh: CANARIES.refresh, live: [CANARIES.live], key: CANARIES.key,
  payload: [{ [CANARIES.field]: CANARIES.payload }, { [CANARIES.field]: CANARIES.payload }],
}

/** What every adapter keeps to about the keys that seal, and about what a thief finds. */
export function keysContract(open: OpenStore): void {
  describe('what is secret', () => {
    let under: StoreUnderTest
    let read: (from: Store) => Promise<unknown>

    beforeEach(async () => {
      under = await open()
      read = await plant(under.store, under.clock.now)
    })

    it('is read back whole', async () => {
      expect(await read(under.store)).toEqual(PLANTED)
    })

    it('is not found by a thief, in any form, nor are the names that are secrets', async () => {
      await under.store.delegations.create({ id: newId('dlg'), agent: REVIEWER, person: BOB, access: [], expiresAtMs: under.clock.now + 1, session: newId('ses') })
      const stolen = await under.stolen()
      // What is searched is what was stored.
      expect(stolen.includes(BOB)).toBe(true)
      for (const [name, canary] of Object.entries(CANARIES)) {
        const forms = [canary, canary.toLowerCase(), Buffer.from(canary).toString('hex'), Buffer.from(canary).toString('base64url').slice(0, -2)]
        expect([name, forms.filter((form) => stolen.includes(form))]).toEqual([name, []])
      }
      for (const key of KEYS) {
        expect(stolen.includes(key)).toBe(false)
        expect(stolen.includes(Buffer.from(key, 'hex'))).toBe(false)
      }
    })

    it('is found under no name that a thief could compute without the key', async () => {
      const stolen = await under.stolen()
      for (const name of [CANARIES.id, `oauth:RefreshToken:${CANARIES.id}`, CANARIES.userCode]) {
        const digest = createHash('sha256').update(name).digest()
        for (const form of [digest, digest.toString('hex'), digest.toString('base64url')]) expect(stolen.includes(form)).toBe(false)
      }
    })

    it('is sealed anew under a new key while the store runs, so that the old key is needed no more', async () => {
      await under.store.useKeys([B, A])
      expect(await read(under.store)).toEqual(PLANTED)
      await under.store.useKeys([B])
      expect(await read(under.store)).toEqual(PLANTED)
      await under.store.close()
      expect(await read(await under.reopen([B]))).toEqual(PLANTED)
      await expect(under.reopen([A])).rejects.toMatchObject({ code: 'store_key_wrong' })
    })

    it('is stored under the new key from then on', async () => {
      await under.store.useKeys([B, A])
      await under.store.keyring.claim('later', new Secret('later key'))
      await under.store.close()
      expect((await (await under.reopen([B])).keyring.get('later'))?.reveal()).toBe('later key')
    })

    it('goes on being written and read while the keys change', async () => {
      const ids = Array.from({ length: 300 }, (_, n) => `record-${n}`)
      const put = (id: string) => under.store.shortLived.put({ kind: 'login_state', id, payload: { id }, expiresAtMs: under.clock.now + 1000 })
      await Promise.all(ids.slice(0, 150).map(put))
      await Promise.all([under.store.useKeys([B, A]), ...ids.slice(150).map(put), ...ids.slice(0, 150).map((id) => under.store.shortLived.find('login_state', id))])
      await under.store.close()
      const reopened = await under.reopen([B])
      const found = await Promise.all(ids.map((id) => reopened.shortLived.find('login_state', id)))
      expect(found.map((one) => one?.payload['id'])).toEqual(ids)
    })

    it('ends under the last of several keys that were given at once', async () => {
      await Promise.all([under.store.useKeys([B, A]), under.store.useKeys([C, B, A]), under.store.useKeys([B, C])])
      await under.store.close()
      expect(await read(await under.reopen([B]))).toEqual(PLANTED)
    })

    it.each<[string, readonly [Secret, ...Secret[]], string]>([
      ['would not open what is stored', [C], 'store_key_wrong'],
      ['would not open what is stored, although there are several', [C, B], 'store_key_wrong'],
      ['are none', [A, new Secret('correct horse battery staple 123')], 'store_key_invalid'],
    ])('stays under the old keys where the new ones %s', async (_, keys, code) => {
      await expect(under.store.useKeys(keys)).rejects.toMatchObject({ name: 'StoreError', code })
      expect(await read(under.store)).toEqual(PLANTED)
      await under.store.keyring.claim('later', new Secret('later key'))
      await under.store.close()
      const reopened = await under.reopen([A])
      expect(await read(reopened)).toEqual(PLANTED)
      expect((await reopened.keyring.get('later'))?.reveal()).toBe('later key')
    })

    it('takes no keys once the store is closed', async () => {
      await under.store.close()
      await expect(under.store.useKeys([B, A])).rejects.toMatchObject({ code: 'store_closed' })
    })
  })
}
