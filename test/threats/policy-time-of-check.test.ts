import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes } from '../support/agent-client.ts'
import { answerOk } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

const HOST = 'recorder.internal'
const get = (path: string): Buffer => requestBytes('GET', path, HOST)
const pathOf = (record: Record<string, unknown>): unknown => (record['http'] as { path?: string } | undefined)?.path

describe('a policy that changes under an open tunnel', () => {
  it('judges the next request in it; the one under way keeps the policy it was judged by, and the audit says which', async () => {
    const tunnel = await stage.agent.tunnel(HOST)
    const other = await stage.agent.tunnel(HOST)
    expect((await tunnel.ask(get('/v1/before'))).status).toBe(200)
    const arrived = Promise.withResolvers<() => void>()
    stage.recorder.respond = (socket) => arrived.resolve(() => answerOk(socket))
    other.send(get('/v1/under-way'))
    const release = await arrived.promise
    const old = stage.world.service.policies.snapshot.hash

    await writeFile(join(stage.world.directory, 'policies', 'recorder.yaml'), 'policy: agent\nagent: agent:pr-reviewer\nrules:\n  - { id: none, deny: { integration: recorder } }\n')
    const loaded = await stage.world.recorded(({ event, policy_hash: hash }) => event === 'policy.loaded' && hash !== old)
    const before = stage.recorder.requests.length
    expect(await tunnel.ask(get('/v1/after'))).toMatchObject({ status: 403, code: 'policy_denied' })
    expect(stage.recorder.requests.length).toBe(before)
    release()
    expect((await other.answer()).status).toBe(200)

    const underWay = await stage.world.recorded((record) => record['event'] === 'api.call' && pathOf(record) === '/v1/under-way')
    const after = await stage.world.recorded((record) => pathOf(record) === '/v1/after')
    expect([underWay['policy_hash'], after['policy_hash']]).toEqual([old, loaded['policy_hash']])
    tunnel.close()
    other.close()
  })

  it('and a token that ends while its tunnel is open carries no further request', async () => {
    const lifetimeMs = 1
    // Within the tolerance between clocks it still holds; beyond it, it does not.
    const expired = await stage.agentWith({ lifetimeMs: lifetimeMs - 61_000 })
    expect((await expired.connectTo(`${HOST}:443`)).head.code).toBe('token_expired')
  })
})
