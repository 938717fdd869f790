import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { TestAgent } from '../support/agent-client.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

let world: PosternWorld
beforeAll(async () => {
  world = await startPosternWorld({ policies: policiesWith({
    'brief.yaml': agentRules('agent:issue-triage', '{ id: brief, allow: { integration: github, target: acme-corp/handbook }, expires_in: 1s }'),
  }) })
})
afterAll(() => world.close())

describe('a credential whose rule says expires_in: 1s', () => {
  it('is ended at GitHub then, although GitHub would take it for an hour, and is on record', async () => {
    const delegation = newId('dlg')
    const agent = new TestAgent(world, await world.token({ agent: 'agent:issue-triage', delegation }))
    const before = Date.now()
    expect((await agent.reverse('GET', '/github/repos/acme-corp/handbook/contents/README.md')).status).toBe(200)
    expect(world.upstreams.github.liveTokens()).toHaveLength(1)
    const issued = await world.recorded(({ event, delegation: id }) => event === 'credential.issued' && id === delegation)
    expect(issued).toMatchObject({ expires_in: '1s', narrowed_by: 'upstream' })
    expect(Date.parse(String(issued['upstream_expires_at'])) - before).toBeGreaterThan(3_000_000)
    const expired = await world.recorded(({ event, delegation: id }) => event === 'credential.expired' && id === delegation)
    expect(Date.parse(String(expired['ts'])) - before).toBeGreaterThanOrEqual(900)
    expect(expired).toMatchObject({ credential: issued['credential'], outcome: 'ok', reason: expect.stringContaining('ended at the upstream') })
    expect(world.upstreams.github.liveTokens()).toEqual([])
    expect(world.upstreams.github.log.entries.filter(({ method, path }) => method === 'DELETE' && path === '/installation/token')).toHaveLength(1)
  })

  it('is made anew for the next call, and never used past its end', async () => {
    const agent = new TestAgent(world, await world.token({ agent: 'agent:issue-triage' }))
    expect((await agent.reverse('GET', '/github/repos/acme-corp/handbook/contents/README.md')).status).toBe(200)
    await world.recorded(({ event, ts }) => event === 'credential.expired' && Date.parse(String(ts)) > Date.now() - 500)
    expect((await agent.reverse('GET', '/github/repos/acme-corp/handbook/contents/README.md')).status).toBe(200)
    const refused = world.upstreams.github.log.entries.filter(({ status }) => status === 401)
    expect(refused).toEqual([])
  })
})

describe('a delegation that has ended', () => {
  it('carries no call, also through a tunnel that was opened before', async () => {
    const agent = new TestAgent(world, await world.token({ lifetimeMs: -120_000 }))
    expect(await agent.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).toMatchObject({ status: 401, code: 'token_expired' })
    expect((await agent.connectTo('api.github.com:443')).head).toMatchObject({ status: 407, code: 'token_expired' })
  })
})
