import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAgent } from '../support/agent-client.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'
import { startProduct, type ProductProcess } from '../support/product-process.ts'

let world: PosternWorld
const started: ProductProcess[] = []
afterEach(async () => {
  await Promise.all(started.map((product) => product.kill()))
  await world.close()
})

describe('a product that is killed with SIGKILL', () => {
  it('leaves a line for every credential that left, and the next start ends them upstream', async () => {
    world = await startPosternWorld()
    // The files are the world's; its own service gives them up.
    await world.service.close()
    const { github } = world.upstreams
    const first = await startProduct(world.configFile)
    started.push(first)
    const agents = await Promise.all([1, 2, 3].map(async () => new TestAgent({ ...world, port: first.port }, await world.token())))
    const answers = await Promise.all(agents.map((agent) => agent.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const hold = github.faults.holdNext({ path: /pulls\/43$/ })
    const [cut] = agents
    const underWay = cut?.reverse('GET', '/github/repos/acme-corp/backend/pulls/43')
    await hold.reached
    await first.kill()
    expect((await underWay)?.status).toBe(0)
    hold.release()
    expect(github.liveTokens()).toHaveLength(3)
    const left = (await lines()).filter(({ event }) => event === 'credential.issued').map(({ credential }) => credential)
    expect(left).toHaveLength(3)

    const second = await startProduct(world.configFile)
    started.push(second)
    const ended = new Set<number>()
    while (ended.size < 3) ended.add((await github.log.ended(({ seq, method }) => method === 'DELETE' && !ended.has(seq))).seq)
    expect(github.liveTokens()).toEqual([])
    expect(await second.stop()).toBe(0)
    const revoked = (await lines()).filter(({ event }) => event === 'credential.revoked')
    expect(revoked.map(({ credential }) => credential).toSorted()).toEqual(left.toSorted())
    for (const record of revoked) expect(record).toMatchObject({ outcome: 'ok', reason: 'it was left over from an earlier run; ended at the upstream' })
  }, 40_000)
})

async function lines(): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(world.directory, 'audit.jsonl'), 'utf8')
  return text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}
