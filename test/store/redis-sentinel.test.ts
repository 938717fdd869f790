import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startSentinel } from '../support/redis-server.ts'
import { administrator, delegation, exercise, started, WAIT } from './redis-exercise.ts'
import { opened, serverAt } from './redis-under-test.ts'

describe('a Redis with a sentinel', () => {
  it('is followed to the new master, with all that had reached it', async () => {
    const master = await started()
    const replica = await started(['--replicaof', `${master.host} ${master.port}`])
    const sentinel = await startSentinel(master)
    onTestFinished(() => sentinel.remove())
    const at = serverAt(sentinel, { topology: 'sentinel', masterName: 'master' })
    const [store, other] = [await opened({ server: at }), await opened({ server: at })]
    await exercise(store, other)
    const kept = await store.delegations.create(delegation())
    await vi.waitFor(async () => expect(await administrator(master).call('wait', 1, 500)).toBe(1), WAIT)
    await vi.waitFor(async () => expect(String(await administrator(sentinel).call('info', 'sentinel'))).toMatch(/slaves=1/), WAIT)
    await master.kill()
    await vi.waitFor(() => expect(store.open).toBe(false), WAIT)
    await vi.waitFor(() => expect([store.open, other.open]).toEqual([true, true]), WAIT)
    expect(await store.delegations.get(kept.id)).toEqual(kept)
    await vi.waitFor(() => exercise(store, other), WAIT)
    expect(String(await administrator(replica).call('role'))).toContain('master')
  }, 60_000)
})
