import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import { changesDuring, type OpenStore, type StoreUnderTest } from './store-under-test.ts'

/** What every adapter of the keyring port keeps to. */
export function keyringContract(open: OpenStore): void {
  describe('the keyring', () => {
    let under: StoreUnderTest
    const keyring = () => under.store.keyring
    const held = async (name: string) => (await keyring().get(name))?.reveal()

    beforeEach(async () => { under = await open() })

    it('has no key until one is claimed', async () => {
      expect(await keyring().get('oauth-signing')).toBeUndefined()
      expect(await keyring().versionOf('oauth-signing')).toBe(0)
    })

    it('gives all that claim at once the same key, which one of them brought', async () => {
      const other = await under.reopen()
      const claims = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => (n % 2 === 0 ? other.keyring : keyring()).claim('cookies', new Secret(`candidate-${n}`))))
      const keys = new Set(claims.map((key) => key.reveal()))
      expect(keys.size).toBe(1)
      expect([...keys][0]).toMatch(/^candidate-[0-7]$/)
      expect(await keyring().versionOf('cookies')).toBe(1)
    })

    it('keeps keys of different names apart, also over reopening', async () => {
      await keyring().claim('cookies', new Secret('key of cookies'))
      await keyring().claim('oauth-signing', new Secret('{"keys":[]}'))
      await under.store.close()
      const reopened = await under.reopen()
      expect((await reopened.keyring.get('cookies'))?.reveal()).toBe('key of cookies')
      expect((await reopened.keyring.get('oauth-signing'))?.reveal()).toBe('{"keys":[]}')
    })

    it('replaces a key at the version that was read, and only then', async () => {
      await keyring().claim('cookies', new Secret('one'))
      expect(await keyring().replace('cookies', 1, new Secret('two'))).toBe(true)
      expect(await keyring().replace('cookies', 1, new Secret('late'))).toBe(false)
      expect(await keyring().replace('cookies', 0, new Secret('later'))).toBe(false)
      expect([await held('cookies'), await keyring().versionOf('cookies')]).toEqual(['two', 2])
      expect((await keyring().claim('cookies', new Secret('three'))).reveal()).toBe('two')
    })

    it('takes a first key at version 0, and none at a version that never was', async () => {
      expect(await keyring().replace('cookies', 3, new Secret('nothing to replace'))).toBe(false)
      expect(await held('cookies')).toBeUndefined()
      expect(await keyring().replace('cookies', 0, new Secret('one'))).toBe(true)
      expect([await held('cookies'), await keyring().versionOf('cookies')]).toEqual(['one', 1])
    })

    it('lets one of many that replace the same version win', async () => {
      await keyring().claim('cookies', new Secret('one'))
      const other = await under.reopen()
      const replaced = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => (n % 2 === 0 ? other.keyring : keyring()).replace('cookies', 1, new Secret(`next-${n}`))))
      expect(replaced.filter(Boolean)).toHaveLength(1)
      expect(await held('cookies')).toBe(`next-${replaced.indexOf(true)}`)
    })

    it('tells that a key was replaced', async () => {
      await keyring().claim('cookies', new Secret('one'))
      expect(await changesDuring(under.store, () => keyring().replace('cookies', 1, new Secret('two')))).toEqual([{ kind: 'keys' }])
      expect(await changesDuring(under.store, () => keyring().replace('cookies', 1, new Secret('late')))).toEqual([])
    })
  })
}
