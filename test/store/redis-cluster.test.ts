import { describe, expect, it, vi } from 'vitest'
import { freePort, type RedisServerUnderTest } from '../support/redis-server.ts'
import { administrator, delegation, exercise, started, WAIT } from './redis-exercise.ts'
import { KEY_A, KEY_B, opened, serverAt } from './redis-under-test.ts'

describe('a cluster of Redis', () => {
  it('serves the store from the node that has its keys, and from the one that takes over when that is killed', async () => {
    const { masters, all } = await cluster()
    const at = serverAt(masters[0] ?? nobody(), { topology: 'cluster', nodes: all.map(({ host, port }) => ({ host, port })) })
    const [store, other] = [await opened({ server: at }), await opened({ server: at })]
    await exercise(store, other)
    await store.useKeys([KEY_B, KEY_A])
    await other.useKeys([KEY_B, KEY_A])
    const kept = await store.delegations.create(delegation())
    // Its keys are on one node alone: that is the node to kill.
    const sizes = await Promise.all(masters.map((node) => administrator(node).dbsize()))
    const home = sizes.findIndex((size) => size > 0)
    expect(sizes.filter((size) => size > 0)).toHaveLength(1)
    const [owner, heir] = [masters[home] ?? nobody(), await started(clusterSettings(await freePort()))]
    await joinAsReplica(heir, owner, masters)
    await masters[home]?.kill()
    await vi.waitFor(async () => {
      const found = await store.delegations.get(kept.id)
      expect(found).toEqual(kept)
      await exercise(store, other)
    }, WAIT)
    await vi.waitFor(() => expect([store.open, other.open]).toEqual([true, true]), WAIT)
  }, 60_000)
})

/** Three masters that share the slots, each knowing the others. */
async function cluster(): Promise<{ readonly masters: readonly RedisServerUnderTest[]; readonly all: readonly RedisServerUnderTest[] }> {
  const buses = await Promise.all([1, 2, 3].map(() => freePort()))
  const masters = await Promise.all(buses.map((bus) => started(clusterSettings(bus))))
  const third = Math.ceil(16_384 / 3)
  for (const [n, node] of masters.entries()) {
    const client = administrator(node)
    await client.call('cluster', 'addslotsrange', n * third, Math.min((n + 1) * third, 16_384) - 1)
    await client.call('cluster', 'set-config-epoch', n + 1)
    if (n > 0) await client.call('cluster', 'meet', '127.0.0.1', masters[0]?.port ?? 0, buses[0] ?? 0)
  }
  await vi.waitFor(() => agreed(masters, 3), WAIT)
  return { masters, all: masters }
}

/** Has a node become the replica of another, with all that the other has. */
async function joinAsReplica(replica: RedisServerUnderTest, master: RedisServerUnderTest, all: readonly RedisServerUnderTest[]): Promise<void> {
  const [here, there] = [administrator(replica), administrator(master)]
  const bus = String(await there.call('config', 'get', 'cluster-port')).split(',')[1] ?? ''
  await here.call('cluster', 'meet', '127.0.0.1', master.port, bus)
  const id = String(await there.call('cluster', 'myid'))
  await vi.waitFor(() => here.call('cluster', 'replicate', id), WAIT)
  await vi.waitFor(async () => expect(String(await here.info('replication'))).toMatch(/master_link_status:up/), WAIT)
  await vi.waitFor(async () => expect(await there.call('wait', 1, 500)).toBe(1), WAIT)
  // The others have to know of it, since they elect it.
  await vi.waitFor(() => agreed([replica, ...all], 4), WAIT)
  const itself = String(await here.call('cluster', 'myid'))
  await vi.waitFor(async () => {
    for (const node of all) expect(String(await administrator(node).call('cluster', 'replicas', id))).toContain(itself)
  }, WAIT)
}

async function agreed(nodes: readonly RedisServerUnderTest[], known: number): Promise<void> {
  for (const node of nodes) {
    const info = String(await administrator(node).call('cluster', 'info'))
    expect(info).toMatch(/cluster_state:ok/)
    expect(info).toContain(`cluster_known_nodes:${known}`)
  }
}

function clusterSettings(bus: number): readonly string[] {
  return ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '1000', '--cluster-port', String(bus)]
}

function nobody(): never {
  throw new TypeError('there is such a node')
}
