import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headFileOf, readHead } from '../../src/audit/head-file.ts'
import { loadOrCreateSigningKey } from '../../src/audit/signing-key.ts'
import { verifyFiles } from '../../src/audit/verify.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

type Fields = Record<string, unknown>

let world: PosternWorld
let agent: TestAgent

beforeAll(async () => {
  world = await startPosternWorld()
  agent = new TestAgent(world, await world.token())
})
afterAll(async () => {
  agent.close()
  await world.close()
})

const fileNow = async (of: PosternWorld): Promise<readonly Fields[]> =>
  (await readFile(join(of.directory, 'audit.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as Fields)
const pathOf = (record: Fields): unknown => (record['http'] as Fields | undefined)?.['path']

/** The records of the one exchange that has this path. */
async function ends(path: string): Promise<readonly Fields[]> {
  await world.recorded((record) => pathOf(record) === path && record['event'] !== 'api.started')
  return (await world.records()).filter((record) => pathOf(record) === path && record['event'] !== 'api.started')
}

describe('strict', () => {
  it('has the issuance and the start on disk before the upstream sees the request, and the end after it', async () => {
    const path = '/repos/acme-corp/backend/pulls/43'
    const hold = world.upstreams.github.faults.holdNext({ path: /pulls\/43$/ })
    const answer = agent.reverse('GET', `/github${path}`)
    await hold.reached
    const before = await fileNow(world)
    const started = before.filter((record) => pathOf(record) === path)
    expect(started).toMatchObject([{ event: 'api.started', agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, target: 'acme-corp/backend', narrowed_by: 'upstream' }])
    expect(before.filter(({ event, credential }) => event === 'credential.issued' && credential === started[0]?.['credential'])).toHaveLength(1)
    hold.release()
    expect((await answer).status).toBe(200)
    expect(await ends(path)).toMatchObject([{ event: 'api.call', outcome: 'ok', exchange: started[0]?.['exchange'], http: { status: 200 } }])
  })
})

describe('relaxed', () => {
  it('leaves out the start, never the issuance', async () => {
    const relaxed = await startPosternWorld({ auditMode: 'relaxed' })
    const hold = relaxed.upstreams.github.faults.holdNext({ path: /pulls\/42$/ })
    const answer = new TestAgent(relaxed, await relaxed.token()).reverse('GET', '/github/repos/acme-corp/backend/pulls/42')
    await hold.reached
    expect((await fileNow(relaxed)).map(({ event }) => event)).toContain('credential.issued')
    hold.release()
    expect((await answer).status).toBe(200)
    const records = await relaxed.records()
    await relaxed.close()
    expect(records.map(({ event }) => event)).not.toContain('api.started')
    expect(records.filter(({ event }) => event === 'api.call')).toHaveLength(1)
  })
})

describe('whatever becomes of a call, one record ends it', () => {
  it('an answer of the upstream’s that is an error', async () => {
    expect((await agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/7001')).status).toBe(404)
    expect(await ends('/repos/acme-corp/backend/pulls/7001')).toMatchObject([{ event: 'api.call', outcome: 'ok', http: { status: 404 } }])
  })

  it('an upstream that breaks off before its answer', async () => {
    // Twice: a kept connection may be closed under any request, and a GET of which nothing was answered is sent once more.
    world.upstreams.github.faults.cutNext(2, { path: /7002$/ })
    expect((await agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/7002')).code).toBe('upstream_broken')
    expect(await ends('/repos/acme-corp/backend/pulls/7002')).toMatchObject([{ event: 'api.call', outcome: 'failed', code: 'upstream_broken' }])
  })

  it('a refusal by policy, with its layers and the rule’s place', async () => {
    await agent.reverse('POST', '/github/repos/acme-corp/prod-payments/pulls/7003/reviews', { body: '{"event":"APPROVE"}' })
    expect(await ends('/repos/acme-corp/prod-payments/pulls/7003/reviews')).toMatchObject([{
      event: 'api.denied', outcome: 'denied', code: 'policy_denied', rule: 'org/production-is-read-only', rule_at: expect.stringMatching(/org\.yaml:\d+$/),
      policy_evaluation: { org_policy: 'deny' }, policy_hash: expect.stringMatching(/^sha256:/),
    }])
  })

  it('a request that was never well-formed, and one of nobody', async () => {
    await agent.raw('GET /github/7004%00 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await world.recorded(({ code }) => code === 'path_refused')).toMatchObject({ event: 'api.denied', outcome: 'denied' })
    await new TestAgent(world, undefined).reverse('GET', '/github/7005')
    expect(await world.recorded(({ code }) => code === 'identity_required')).toMatchObject({ event: 'api.denied', http: { status: 401 } })
  })

  it('a CONNECT that was refused, and a tunnel whose TLS failed', async () => {
    await agent.connectTo('elsewhere.example:443')
    expect(await world.recorded(({ code }) => code === 'host_not_served')).toMatchObject({ event: 'api.denied', agent: { id: 'agent:pr-reviewer' }, http: { method: 'CONNECT' } })
    const { wire } = await agent.connectTo('api.github.com:443')
    wire.send(Buffer.concat([Buffer.from([0x16, 3, 1, 0, 32]), Buffer.alloc(64, 7)]))
    await wire.closed
    expect(await world.recorded(({ code }) => code === 'tunnel_not_intercepted')).toMatchObject({ event: 'api.denied', outcome: 'denied' })
  })

  it('an agent that leaves in the middle of the answer', async () => {
    const path = '/repos/acme-corp/backend/contents/logs/live.log'
    const tunnel = await agent.tunnel('api.github.com')
    tunnel.send(requestBytes('GET', path, 'api.github.com', { fields: ['Accept: application/vnd.github.raw'] }))
    await tunnel.until(/\r\n\r\n[^]*\n/)
    tunnel.close()
    expect(await ends(path)).toMatchObject([{ event: 'api.call', outcome: 'aborted', http: { status: 200 } }])
  })

  it('an agent that leaves before the answer', async () => {
    const path = '/repos/acme-corp/frontend/pulls/7'
    const hold = world.upstreams.github.faults.holdNext({ path: /frontend\/pulls\/7$/ })
    const tunnel = await agent.tunnel('api.github.com')
    tunnel.send(requestBytes('GET', path, 'api.github.com'))
    await hold.reached
    tunnel.close()
    expect(await ends(path)).toMatchObject([{ event: 'api.call', outcome: 'aborted', http: { status: 0 } }])
    hold.release()
  })

  it('an agent that ends its side behind its request, and waits: it gets its answer', async () => {
    const path = '/repos/acme-corp/frontend/pulls/8'
    const hold = world.upstreams.github.faults.holdNext({ path: /frontend\/pulls\/8$/ })
    const tunnel = await agent.tunnel('api.github.com')
    tunnel.send(requestBytes('GET', path, 'api.github.com'))
    tunnel.socket.end()
    await hold.reached
    hold.release()
    const answer = await tunnel.answer()
    await tunnel.closed
    expect(answer).toMatchObject({ status: 404, whole: true })
    expect(await ends(path)).toMatchObject([{ event: 'api.call', outcome: 'ok', http: { status: 404 } }])
  })

  it('a credential that could not be had', async () => {
    world.upstreams.github.faults.failNext(1, 500, { path: /access_tokens$/ })
    const other = new TestAgent(world, await world.token())
    expect((await other.reverse('GET', '/github/repos/acme-corp/backend/pulls/7006')).status).toBe(503)
    expect(await ends('/repos/acme-corp/backend/pulls/7006')).toMatchObject([{ event: 'api.denied', outcome: 'failed', code: 'credential_unavailable' }])
    expect((await world.records()).filter(({ event, outcome }) => event === 'credential.denied' && outcome === 'failed')).toHaveLength(1)
  })

  it('a defect of ours: the call is not made, and the answer says nothing of it', async () => {
    const { policies } = world.service
    const asked = world.upstreams.github.log.total
    Object.defineProperty(policies, 'snapshot', { configurable: true, get: () => { throw new Error('a defect with words of its own') } })
    const answer = await agent.reverse('GET', '/github/repos/acme-corp/backend/pulls/7007')
    Reflect.deleteProperty(policies, 'snapshot')
    expect(answer).toMatchObject({ status: 500, code: 'internal_error' })
    expect(answer.body).not.toContain('words of its own')
    expect(world.upstreams.github.log.total).toBe(asked)
    const record = await world.recorded(({ code }) => code === 'internal_error')
    expect(record).toMatchObject({ event: 'api.denied', outcome: 'failed' })
  })

  it('and in the end the chain verifies, with no start that has no end', async () => {
    const file = join(world.directory, 'audit.jsonl')
    await world.service.close()
    const key = loadOrCreateSigningKey(join(world.directory, 'audit-key.pem'))
    const report = await verifyFiles([file], { keys: [key.verifyKey], head: readHead(headFileOf(file)), anchor: undefined, beginsAt: 1 })
    expect(report.problems).toEqual([])
    expect(report.records).toBeGreaterThan(20)
    expect(report.unmatchedStarts.list()).toEqual([])
    expect(report.openCredentials.list()).toEqual([])
    const records = (await fileNow(world)).filter(({ event }) => event === 'api.call' || event === 'api.denied')
    expect(new Set(records.map(({ exchange }) => exchange)).size).toBe(records.length)
  })
})
