import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import { newId } from '../../../src/model/ids.ts'
import type { OpenStore } from './store-under-test.ts'

/** What every adapter of the live credentials port keeps to. */
export function liveCredentialsContract(open: OpenStore): void {
  describe('live credentials', () => {
    it('lists what was added and not removed, the soonest to expire first, also after reopening', async () => {
      const { store, reopen } = await open()
      const [late, soon, gone] = [newId('crd'), newId('crd'), newId('crd')]
      await store.liveCredentials.add({ id: late, integration: 'github', secret: new Secret('late-secret'), expiresAtMs: 2000 })
      await store.liveCredentials.add({ id: gone, integration: 'github', secret: new Secret('gone-secret'), expiresAtMs: 1500 })
      await store.liveCredentials.add({ id: soon, integration: 'github', secret: new Secret('soon-secret'), expiresAtMs: 1000 })
      await store.liveCredentials.remove(gone)
      await store.liveCredentials.remove(gone)
      await store.close()
      const listed = await (await reopen()).liveCredentials.list()
      expect(listed.map(({ id, secret, expiresAtMs, integration }) => [id, secret.reveal(), expiresAtMs, integration]))
        .toEqual([[soon, 'soon-secret', 1000, 'github'], [late, 'late-secret', 2000, 'github']])
    })

    it('replaces what has the same id', async () => {
      const { store } = await open()
      const id = newId('crd')
      await store.liveCredentials.add({ id, integration: 'github', secret: new Secret('one'), expiresAtMs: 1000 })
      await store.liveCredentials.add({ id, integration: 'github', secret: new Secret('two'), expiresAtMs: 3000 })
      expect((await store.liveCredentials.list()).map((live) => [live.secret.reveal(), live.expiresAtMs])).toEqual([['two', 3000]])
    })

    it('refuses a credential that never ends', async () => {
      const { store } = await open()
      const endless = { id: newId('crd'), integration: 'github', secret: new Secret('one'), expiresAtMs: Infinity }
      await expect(store.liveCredentials.add(endless)).rejects.toThrow(TypeError)
    })
  })
}
