import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { systemTimers, type Timers } from '../../src/lib/timers.ts'
import { type AgentId, newId } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { ALICE } from './contracts/store-under-test.ts'
import { KEY_A, KEY_B, opened, serverAt } from './redis-under-test.ts'

const LIFE_MS = 600_000
let server: RedisServerUnderTest

beforeAll(async () => { server = await startRedisServer() })
afterAll(() => server.remove())

function live(name: string) {
  return { id: newId('crd'), integration: 'github', secret: new Secret(`secret of ${name}`), expiresAtMs: Date.now() + LIFE_MS }
}

async function idsOf(store: Store): Promise<readonly string[]> {
  return (await store.liveCredentials.list()).map(({ id }) => id)
}

/** Timers of a process that can die: from then on nothing it had planned happens. */
function mortalTimers(): { readonly timers: Timers; die(): void } {
  let dead = false
  return {
    timers: { after: (delayMs, work) => systemTimers.after(delayMs, () => (dead ? undefined : work())) },
    die: () => { dead = true },
  }
}

describe('live credentials of several authorities', () => {
  it('are each authority’s own while it lives', async () => {
    const at = serverAt(server)
    const [a, b] = [await opened({ server: at }), await opened({ server: at })]
    const [ofA, ofB] = [live('a'), live('b')]
    await a.liveCredentials.add(ofA)
    await b.liveCredentials.add(ofB)
    expect(await idsOf(a)).toEqual([ofA.id])
    expect(await idsOf(b)).toEqual([ofB.id])
    expect(await idsOf(a)).toEqual([ofA.id])
  })

  it('are its own again for an authority that starts under the same name', async () => {
    const at = serverAt(server)
    const first = await opened({ server: at, instance: 'authority-0' })
    const credential = live('authority-0')
    await first.liveCredentials.add(credential)
    const [again, other] = [await opened({ server: at, instance: 'authority-0' }), await opened({ server: at })]
    expect(await idsOf(again)).toEqual([credential.id])
    expect(await idsOf(other)).toEqual([])
  })

  it('go to exactly one of those that find their authority dead, with its secrets', async () => {
    const at = serverAt(server)
    const mortal = mortalTimers()
    const dying = await opened({ server: at, timers: mortal.timers, timings: { instanceLeaseMs: 2000 } })
    const left = Array.from({ length: 30 }, (_, n) => live(`dead ${n}`))
    await Promise.all(left.map((credential) => dying.liveCredentials.add(credential)))
    const heirs = await Promise.all([1, 2, 3].map(() => opened({ server: at })))
    expect((await Promise.all(heirs.map(idsOf))).flat()).toEqual([])
    mortal.die()
    const adopted = new Map<number, readonly string[]>()
    await expect.poll(async () => {
      const lists = await Promise.all(heirs.map(idsOf))
      for (const [heir, ids] of lists.entries()) adopted.set(heir, ids)
      return lists.flat().length
    }, { timeout: 10_000 }).toBe(30)
    expect([...adopted.values()].flat().toSorted()).toEqual(left.map(({ id }) => id).toSorted())
    const secrets = await Promise.all(heirs.map(async (heir) => (await heir.liveCredentials.list()).map(({ secret }) => secret.reveal())))
    expect(secrets.flat().toSorted()).toEqual(left.map(({ secret }) => secret.reveal()).toSorted())
  })

  it('stay with an authority that renews its lease, however long it lives', async () => {
    const at = serverAt(server)
    const long = await opened({ server: at, timings: { instanceLeaseMs: 900 } })
    const credential = live('long')
    await long.liveCredentials.add(credential)
    const other = await opened({ server: at })
    const until = performance.now() + 2000
    while (performance.now() < until) expect(await idsOf(other)).toEqual([])
    expect(await idsOf(long)).toEqual([credential.id])
  })
})

describe('two authorities that race', () => {
  it('consume each code once, store one successor each, and register an agent once', async () => {
    const at = serverAt(server)
    const stores = [await opened({ server: at }), await opened({ server: at })]
    const of = (n: number): Store => stores[n % 2] as Store
    const rounds = Array.from({ length: 60 }, (_, n) => n)
    await Promise.all(rounds.map(async (round) => {
      const token = (id: string) => ({ kind: 'oauth:RefreshToken', id, payload: { round }, expiresAtMs: Date.now() + LIFE_MS } as const)
      await of(round).shortLived.put(token(`t${round}`))
      const stored = await Promise.all([0, 1, 2, 3].map(async (n) => {
        const holder = `h${round}-${n}`
        const consumption = await of(n).shortLived.consume('oauth:RefreshToken', `t${round}`, holder, 5000)
        const predecessor = { kind: 'oauth:RefreshToken', id: `t${round}`, holder, note: holder } as const
        return { consumption, stored: await of(n).shortLived.putSuccessor(token(`t${round}/${n}`), predecessor) }
      }))
      expect(stored.filter((one) => one.stored)).toEqual([{ stored: true, consumption: 'first' }])
      const agents = await Promise.all([0, 1, 2, 3].map((n) => of(n).agents.create({
        id: `agent:r${round}` as AgentId, name: `attempt ${n}`, owner: undefined, spiffeId: undefined, subject: undefined, serviceAccount: undefined,
        redirectUris: [], publicKeyPem: undefined, registeredBy: 'user:ops@acme.com',
      })))
      expect(agents.filter((agent) => agent !== undefined)).toHaveLength(1)
    }))
    expect(await of(0).agents.list()).toHaveLength(60)
  })

  it('refresh a connection one at a time, and the second takes over where the first died', async () => {
    const at = serverAt(server)
    const [a, b] = [await opened({ server: at }), await opened({ server: at })]
    const tokens = { accessToken: new Secret('access'), accessExpiresAtMs: undefined, refreshToken: new Secret('refresh') }
    const { id } = await a.connections.create({ integration: 'slack', owner: ALICE, label: 'work', scopes: [], imported: [], tokens })
    const begun = await Promise.all([a, b, a, b].map((store) => store.connections.beginRefresh(id, 1, 'somebody', 60)))
    expect(begun.filter((one) => one !== undefined)).toHaveLength(1)
    await expect.poll(async () => (await b.connections.beginRefresh(id, 2, 'next', 10_000))?.intent?.unfinished, { timeout: 5000 }).toBe(true)
    expect(await a.connections.beginRefresh(id, 3, 'third', 10_000)).toBeUndefined()
    const done = await b.connections.completeRefresh(id, 1, { scopes: [], tokens })
    expect(await a.connections.completeRefresh(id, 1, { scopes: [], tokens })).toBeUndefined()
    expect(await a.connections.get(id)).toEqual(done)
  })
})

describe('keys that are replaced over several authorities', () => {
  it('leave each of them able to read and write at every step, and the old key needless at the end', async () => {
    const at = serverAt(server)
    const [a, b] = [await opened({ server: at }), await opened({ server: at })]
    const written: string[] = []
    const write = async (by: Store, id: string): Promise<void> => {
      await by.shortLived.put({ kind: 'login_state', id, payload: { id }, expiresAtMs: Date.now() + LIFE_MS })
      written.push(id)
    }
    const readAll = async (): Promise<void> => {
      for (const store of [a, b]) {
        for (const id of written) expect((await store.shortLived.find('login_state', id))?.payload['id']).toBe(id)
      }
    }
    await Promise.all([write(a, 'a0'), write(b, 'b0')])
    // First each knows the new key; then each seals with it, one after the other; then the old one goes.
    for (const [step, keys] of [[KEY_A, KEY_B], [KEY_B, KEY_A], [KEY_B]].entries()) {
      for (const [at, store] of [a, b].entries()) {
        await store.useKeys(keys as unknown as readonly [Secret, ...Secret[]])
        await Promise.all([write(a, `a${step}${at}`), write(b, `b${step}${at}`)])
        await readAll()
      }
    }
    const later = await opened({ server: at, keys: [KEY_B] })
    expect((await later.shortLived.find('login_state', 'a0'))?.payload).toEqual({ id: 'a0' })
    await expect(opened({ server: at, keys: [KEY_A] })).rejects.toMatchObject({ code: 'store_key_wrong' })
  })
})

describe('what Redis forgets by itself', () => {
  it('is every short-lived record, some time after its end, with its second names', async () => {
    const at = serverAt(server)
    const store = await opened({ server: at })
    await store.shortLived.put({
      kind: 'oauth:DeviceCode', id: 'device', payload: {}, expiresAtMs: Date.now() + 1000, uid: 'uid', userCode: 'CODE', grant: 'ses_1',
    })
    await store.shortLived.put({ kind: 'oauth:RefreshToken', id: 'longer', payload: {}, expiresAtMs: Date.now() + LIFE_MS, grant: 'ses_1' })
    const { Redis } = await import('ioredis')
    const client = new Redis({ host: server.host, port: server.port, protocol: 2 })
    const keys = await client.keys(`{${at.prefix}}:short*`)
    const lives = await Promise.all(keys.map(async (key) => [key.replace(/:[\w-]{43}$/, ''), await client.pttl(key)] as const))
    client.disconnect()
    const due = lives.filter(([key]) => key.endsWith(':due'))
    expect(due.map(([, life]) => life)).toEqual([-1])
    const others = lives.filter(([key]) => !key.endsWith(':due'))
    expect(others.map(([key]) => key.replace(`{${at.prefix}}:`, '')).toSorted()).toEqual(['short', 'short', 'shorts:grant', 'shorts:uid', 'shorts:user_code'])
    for (const [, life] of others) expect(life).toBeGreaterThan(590_000)
    // The grant's list lives as long as the longest of its records.
    expect(others.find(([key]) => key.endsWith(':grant'))?.[1]).toBeGreaterThan(LIFE_MS + 500_000)
  })
})
