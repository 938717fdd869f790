import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { headFileOf, readHead } from '../../src/audit/head-file.ts'
import { loadOrCreateSigningKey } from '../../src/audit/signing-key.ts'
import { verifyFiles } from '../../src/audit/verify.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'
import { startProduct, type ProductProcess } from '../support/product-process.ts'

let world: PosternWorld
let product: ProductProcess | undefined
afterEach(async () => {
  await product?.kill()
  await world.close()
})

const CALLERS = 8
const BEFORE_THE_KILL = 60

async function lines(): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(world.directory, 'audit.jsonl'), 'utf8')
  return text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function problems(): Promise<readonly unknown[]> {
  const file = join(world.directory, 'audit.jsonl')
  const key = loadOrCreateSigningKey(join(world.directory, 'audit-key.pem'))
  return (await verifyFiles([file], { keys: [key.verifyKey], head: readHead(headFileOf(file)), anchor: undefined, beginsAt: 1 })).problems
}

describe('SIGKILL under load', () => {
  it('loses no line of a call that left: every request that GitHub saw has its start, every token its issuance, and the chain goes on', async () => {
    const rules = agentRules('agent:issue-triage', '{ id: all, allow: { integration: github, target: acme-corp/* }, expires_in: 10m }')
    world = await startPosternWorld({ policies: policiesWith({ 'all.yaml': rules }) })
    await world.service.close()
    product = await startProduct(world.configFile)
    const { github } = world.upstreams
    const killed = github.log.ended(({ seq }) => seq >= BEFORE_THE_KILL)
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const agent = new TestAgent({ ...world, port: product?.port ?? 0 }, await world.token({ agent: 'agent:issue-triage' }))
      const tunnel = await agent.tunnel('api.github.com')
      for (let call = 0; ; call += 1) {
        const answer = await tunnel.ask(requestBytes('GET', `/repos/acme-corp/backend/contents/caller-${caller}-call-${call}`, 'api.github.com'))
        if (answer.status === 0) return
      }
    })
    await killed
    await product.kill()
    await Promise.all(callers)

    const records = await lines()
    const started = new Set(records.filter(({ event }) => event === 'api.started').map(({ http }) => (http as { path: string }).path))
    const seen = github.log.entries.map(({ path }) => path).filter((path) => path.includes('/contents/caller-'))
    expect(seen.length).toBeGreaterThan(CALLERS)
    expect(seen.filter((path) => !started.has(path))).toEqual([])
    const issued = github.log.entries.filter(({ path, status }) => path.endsWith('/access_tokens') && status === 201).length
    const used = new Set(github.log.entries.filter(({ path }) => path.includes('/contents/caller-')).map(({ rawHeaders }) => JSON.stringify(rawHeaders.filter(([name]) => name === 'Authorization'))))
    expect(records.filter(({ event }) => event === 'credential.issued').length).toBeGreaterThanOrEqual(used.size)
    expect(issued).toBeGreaterThanOrEqual(used.size)

    product = await startProduct(world.configFile)
    expect(await product.stop()).toBe(0)
    product = undefined
    expect(await problems()).toEqual([])
  }, 40_000)
})
