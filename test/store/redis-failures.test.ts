import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { newId } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { freePort, type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { ALICE } from './contracts/store-under-test.ts'
import { administrator, delegation, LIFE_MS, started, WAIT } from './redis-exercise.ts'
import { opened, serverAt } from './redis-under-test.ts'

/** How long a call took to fail, and by which code. */
async function failing(call: () => Promise<unknown>): Promise<{ readonly code: unknown; readonly tookMs: number }> {
  const from = performance.now()
  const error = await call().then(() => undefined, (error: unknown) => error)
  return { code: error instanceof Error && 'code' in error ? error.code : error, tookMs: performance.now() - from }
}

describe('a Redis that goes away', () => {
  it('fails calls at once, and is found again without a restart of ours, with all that was stored', async () => {
    const server = await started()
    const told: unknown[] = []
    const store = await opened({ server: serverAt(server), onReachable: (reachable, why) => told.push([reachable, why?.code]) })
    const before = await store.delegations.create(delegation())
    await server.kill()
    await vi.waitFor(() => expect(store.open).toBe(false), WAIT)
    const [read, write] = [await failing(() => store.delegations.get(before.id)), await failing(() => store.delegations.create(delegation()))]
    expect([read.code, write.code]).toEqual(['store_unreachable', 'store_unreachable'])
    expect(Math.max(read.tookMs, write.tookMs)).toBeLessThan(400)
    await server.restart()
    await vi.waitFor(() => expect(store.open).toBe(true), WAIT)
    expect(await store.delegations.get(before.id)).toEqual(before)
    const after = await store.delegations.create(delegation())
    expect(await store.delegations.get(after.id)).toEqual(after)
    expect(told.filter((one) => JSON.stringify(one) === '[false,"store_unreachable"]')).toHaveLength(1)
    expect(told.at(-1)).toEqual([true, undefined])
  })

  it('loses nothing that it had called stored when it is killed under load, and nothing is stored that was called failed', async () => {
    const server = await started()
    const store = await opened({ server: serverAt(server) })
    const attempts = Array.from({ length: 200 }, delegation)
    const outcomes = attempts.map((one) => store.delegations.create(one).then(() => 'stored', (error: unknown) => (error as { code: string }).code))
    await outcomes[40]
    await server.kill()
    const known = await Promise.all(outcomes)
    expect(known.filter((outcome) => outcome === 'stored').length).toBeGreaterThan(40)
    expect(known.filter((outcome) => !['stored', 'store_unreachable', 'store_outcome_unknown'].includes(outcome))).toEqual([])
    await server.restart()
    await vi.waitFor(() => expect(store.open).toBe(true), WAIT)
    for (const [at, outcome] of known.entries()) {
      const { id, session } = attempts[at] ?? delegation()
      const [found, run] = [await store.delegations.get(id), await store.delegations.session(session)]
      if (outcome === 'stored') expect(found?.id).toBe(id)
      if (outcome === 'store_unreachable') expect(found).toBeUndefined()
      // Whatever became of it: both or neither.
      expect(run === undefined).toBe(found === undefined)
    }
  })

  it('that does not answer fails reads as unreachable and changes as unknown within the time of a command, and goes on once it answers', async () => {
    const server = await started()
    const store = await opened({ server: serverAt(server), timings: { commandMs: 200 } })
    const id = 'a-token'
    const record = { kind: 'oauth:RefreshToken', id, payload: {}, expiresAtMs: Date.now() + LIFE_MS } as const
    await store.shortLived.put(record)
    server.freeze()
    const [read, write] = await Promise.all([failing(() => store.people.get(ALICE)), failing(() => store.shortLived.put({ ...record, id: 'another' }))])
    expect([read.code, write.code]).toEqual(['store_unreachable', 'store_outcome_unknown'])
    expect(Math.max(read.tookMs, write.tookMs)).toBeLessThan(1500)
    await vi.waitFor(() => expect(store.open).toBe(false), WAIT)
    expect(store.changes.silentForMs()).toBeGreaterThan(1000)
    server.thaw()
    await vi.waitFor(() => expect(store.open).toBe(true), WAIT)
    expect(await store.shortLived.consume('oauth:RefreshToken', id, 'me')).toBe('first')
  })

  it('is found again after its scripts were forgotten', async () => {
    const server = await started()
    const store = await opened({ server: serverAt(server) })
    const client = administrator(server)
    await client.call('script', 'flush')
    const made = await Promise.all(Array.from({ length: 20 }, () => store.delegations.create(delegation())))
    expect(await store.delegations.get(made[7]?.id ?? newId('dlg'))).toEqual(made[7])
  })

  it('that comes back as one that forgets is not written to, until it is set right', async () => {
    const server = await started()
    const store = await opened({ server: serverAt(server) })
    await server.kill()
    await server.restart(['--appendonly', 'no'])
    await vi.waitFor(async () => expect((await failing(() => store.delegations.create(delegation()))).code).toBe('store_volatile'), WAIT)
    expect(store.open).toBe(false)
    await server.kill()
    await server.restart([])
    await vi.waitFor(() => expect(store.open).toBe(true), WAIT)
    await store.delegations.create(delegation())
  })

  it('that is full says so, and keeps what it has', async () => {
    const server = await started()
    const store = await opened({ server: serverAt(server) })
    const before = await store.delegations.create(delegation())
    const client = administrator(server)
    await client.call('config', 'set', 'maxmemory', '1mb')
    const refused = delegation()
    expect((await failing(() => store.delegations.create(refused))).code).toBe('store_full')
    expect([await store.delegations.get(refused.id), await store.delegations.session(refused.session)]).toEqual([undefined, undefined])
    expect(await store.delegations.get(before.id)).toEqual(before)
    await client.call('config', 'set', 'maxmemory', '0')
    await store.delegations.create(refused)
  })
})

describe('a start', () => {
  let shared: RedisServerUnderTest
  beforeAll(async () => { shared = await startRedisServer() })
  afterAll(() => shared.remove())

  it.each<[string, readonly string[], RegExp]>([
    ['does not write its changes down', ['--appendonly', 'no'], /set `appendonly yes` there, or allow/],
    ['forgets when it is full', ['--maxmemory-policy', 'allkeys-lru'], /set `maxmemory-policy noeviction` there, or allow/],
    ['does both', ['--appendonly', 'no', '--maxmemory-policy', 'volatile-ttl'], /set `appendonly yes` and `maxmemory-policy noeviction` there, or allow/],
  ])('refuses a server that %s, but where that is allowed', async (_, settings, message) => {
    const server = await started(settings)
    const at = serverAt(server)
    await expect(opened({ server: at })).rejects.toMatchObject({ name: 'StoreError', code: 'store_volatile', message: expect.stringMatching(message) })
    const allowed = await opened({ server: { ...at, allowVolatile: true } })
    expect(allowed.open).toBe(true)
  })

  it('fails in its time where nobody listens, and says what to look at', async () => {
    const nobody = serverAt({ host: '127.0.0.1', port: await freePort() })
    await expect(opened({ server: nobody, timings: { openMs: 300 } })).rejects.toMatchObject({ code: 'store_unreachable', message: expect.stringContaining('check that it runs') })
  })

  it('waits for a server that comes up a little later', async () => {
    const server = await started()
    await server.kill()
    const store = opened({ server: serverAt(server) })
    await server.restart()
    expect((await store).open).toBe(true)
  })

  it('says at once that the password is wrong or missing, and tells no password', async () => {
    const password = 'canary-of-the-redis-password'
    const server = await started(['--requirepass', password])
    const attempts: [Secret | undefined][] = [[undefined], [new Secret(`${password}-wrong`)]]
    for (const [given] of attempts) {
      const error: unknown = await opened({ server: serverAt(server, { password: given }) }).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'store_unreachable', message: expect.stringContaining('user name and password') })
      expect(withCauses(error)).not.toContain('canary')
    }
    const store: Store = await opened({ server: serverAt(server, { password: new Secret(password) }) })
    expect(store.open).toBe(true)
  })

  it('finds a wrong key, and leaves what is stored to the right one', async () => {
    const at = serverAt(shared)
    const first = await opened({ server: at })
    await first.keyring.claim('signing', new Secret('a key'))
    await expect(opened({ server: at, keys: [new Secret('d4'.repeat(31) + '00')] })).rejects.toMatchObject({ code: 'store_key_wrong' })
    expect((await first.keyring.get('signing'))?.reveal()).toBe('a key')
  })

  it('keeps databases and prefixes of one server apart', async () => {
    const at = serverAt(shared)
    const stores = await Promise.all([opened({ server: at }), opened({ server: { ...at, database: 3 } }), opened({ server: serverAt(shared) })])
    await stores[0]?.delegations.create(delegation())
    const counts = await Promise.all(stores.map(async (store) => (await store.delegations.list({}, { limit: 5 })).items.length))
    expect(counts).toEqual([1, 0, 0])
  })

  it.each(['', 'a}b', '{x', 'with space', 'x'.repeat(65)])('refuses %j as a prefix', async (prefix) => {
    await expect(opened({ server: serverAt(shared, { prefix }) })).rejects.toThrow(TypeError)
  })
})

function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)} ${error.cause === undefined ? '' : withCauses(error.cause)}`
}
