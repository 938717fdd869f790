import { Redis } from 'ioredis'
import { expect, onTestFinished, vi } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import type { StoreChange } from '../../src/store/ports/changes.ts'
import type { NewDelegation } from '../../src/store/ports/delegations.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { ALICE, REVIEWER } from './contracts/store-under-test.ts'

export const WAIT = { timeout: 15_000, interval: 50 }
export const LIFE_MS = 600_000

const administrators = new Map<number, Redis>()

/** A client of the test's own, beside the store: one for each server. */
export function administrator({ host, port }: Pick<RedisServerUnderTest, 'host' | 'port'>): Redis {
  const known = administrators.get(port)
  if (known !== undefined) return known
  const client = new Redis({ host, port, protocol: 2 })
  client.on('error', () => undefined)
  administrators.set(port, client)
  onTestFinished(() => {
    administrators.delete(port)
    client.disconnect()
  })
  return client
}

/** A server that is ended when the test has finished. */
export async function started(settings: readonly string[] = []): Promise<RedisServerUnderTest> {
  const server = await startRedisServer(settings)
  onTestFinished(() => server.remove())
  return server
}

/** What somebody approves, for ten minutes. */
export function delegation(): NewDelegation {
  return { id: newId('dlg'), agent: REVIEWER, person: ALICE, access: [], expiresAtMs: Date.now() + LIFE_MS, session: newId('ses') }
}

/** A little of everything: scripts over several keys, lists, second names, the change feed, keys. */
export async function exercise(store: Store, other: Store): Promise<void> {
  const told: StoreChange[] = []
  const stop = other.changes.subscribe((change) => told.push(change))
  const wanted = delegation()
  await store.delegations.create(wanted)
  expect(await other.delegations.get(wanted.id)).toMatchObject({ state: 'active' })
  const record = { kind: 'oauth:DeviceCode', id: `code of ${wanted.id}`, payload: { of: wanted.id }, expiresAtMs: Date.now() + LIFE_MS, userCode: wanted.id, grant: wanted.session } as const
  await store.shortLived.put(record)
  expect((await other.shortLived.findByUserCode('oauth:DeviceCode', wanted.id))?.payload).toEqual({ of: wanted.id })
  expect(await Promise.all([store, other].map((one) => one.shortLived.consume('oauth:DeviceCode', record.id, newId('evt'))))).toContain('first')
  await store.shortLived.removeByGrant(wanted.session)
  await store.delegations.end(wanted.id, 'revoked', ALICE, undefined)
  expect((await other.delegations.sessions({ delegation: wanted.id }, { limit: 5 })).items).toMatchObject([{ endReason: 'revoked' }])
  await vi.waitFor(() => expect(told.filter((change) => 'id' in change && change.id === wanted.id)).toHaveLength(2), WAIT)
  stop()
}
