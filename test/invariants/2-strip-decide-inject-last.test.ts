import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { findCanaries } from '../support/canary.ts'
import { policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld } from '../support/postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type RecordedRequest, type Recorder } from '../support/recorder.ts'

const OWN = ['Cookie: session=the-client-cookie', 'X-Api-Key: the-client-key', 'X-GitHub-Token: the-client-gh', 'Private-Token: the-client-pt', 'Dpop: the-client-proof']

let recorder: Recorder
let world: PosternWorld
let token: string
let agent: TestAgent

beforeAll(async () => {
  recorder = await startRecorder()
  world = await startPosternWorld({ config: recorder.config, policies: policiesWith(recorder.policies) })
  token = await world.token({ consent: [...WIDE_CONSENT, RECORDER_CONSENT] })
  agent = new TestAgent(world, token)
})
afterAll(async () => {
  agent.close()
  await world.close()
  await recorder.close()
})
beforeEach(() => void recorder.requests.splice(0))

const names = (request: RecordedRequest | undefined): readonly string[] => (request?.lines ?? []).map((line) => line.slice(0, line.indexOf(':')).toLowerCase())

/** Nothing that the client brought reached the upstream, and ours is there once. */
function expectOursAlone(): void {
  const [request] = recorder.requests
  expect(recorder.requests).toHaveLength(1)
  expect(request?.lines.filter((line) => /^(?:authorization|cookie|proxy-|x-api-key|x-github-token|private-token|dpop|postern-)/i.test(line))).toEqual([`Authorization: Bearer ${recorder.secret}`])
  const sent = JSON.stringify(recorder.requests)
  expect(sent).not.toContain('the-client')
  expect(findCanaries([{ name: 'the upstream', bytes: sent }], [{ name: 'the agent’s token', value: token }])).toEqual([])
}

describe('what the client brings is taken off before anybody is identified by it', () => {
  it('by base URL: its token, cookies and keys', async () => {
    expect((await agent.reverse('GET', '/recorder/v1/a', { fields: OWN })).status).toBe(200)
    expectOursAlone()
  })

  it('in a tunnel: its token, an Authorization of its own, cookies and keys', async () => {
    expect((await agent.call('GET', 'https://recorder.internal/v1/a', { fields: [...OWN, 'Authorization: Bearer the-client-secret', 'Proxy-Authorization: Basic dGhlLWNsaWVudA=='] })).status).toBe(200)
    expectOursAlone()
  })

  it('in absolute form: both kinds of authorization', async () => {
    expect((await agent.absolute('GET', 'https://recorder.internal/v1/a', { fields: [...OWN, 'Authorization: token the-client-secret'] })).status).toBe(200)
    expectOursAlone()
  })

  it('a token inside a tunnel identifies nobody: who opened the tunnel is who calls', async () => {
    const other = await world.token({ agent: 'agent:issue-triage', person: 'user:bob@acme.com' })
    const tunnel = await agent.tunnel('recorder.internal')
    await tunnel.ask(requestBytes('GET', '/v1/who', 'recorder.internal', { fields: [`Proxy-Authorization: Bearer ${other}`, `Authorization: Bearer ${other}`] }))
    tunnel.close()
    const record = await world.recorded(({ event, http }) => event === 'api.call' && (http as { path?: string }).path === '/v1/who')
    expect(record).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' } })
  })
})

describe('the credential is the last thing that is put on', () => {
  it('no Connection field can take it off again', async () => {
    for (const field of ['Connection: authorization', 'Connection: close, Authorization', 'Connection: x-a, keep-alive']) {
      expect((await agent.reverse('GET', '/recorder/v1/a', { fields: [field] })).status).toBe(400)
    }
    expect(recorder.requests).toEqual([])
  })

  it('it stands behind every field of the client’s', async () => {
    await agent.reverse('GET', '/recorder/v1/a', { fields: ['X-Last: z'] })
    const order = names(recorder.requests[0])
    expect(order.indexOf('authorization')).toBeGreaterThan(order.indexOf('x-last'))
  })
})

describe('no secret is made or revealed for a call that is refused', () => {
  it('GitHub is asked for no token, and the audit tells of none', async () => {
    const asked = world.upstreams.github.log.total
    expect((await agent.call('POST', 'https://api.github.com/repos/acme-corp/prod-payments/pulls/3/reviews', { body: '{"event":"APPROVE"}' })).code).toBe('policy_denied')
    expect((await agent.call('GET', 'https://api.github.com/repos/other-org/secret/pulls/1')).code).toMatch(/_denied|consent_required/)
    expect(world.upstreams.github.log.total).toBe(asked)
    expect((await world.records()).filter(({ event, integration }) => event === 'credential.issued' && integration === 'github')).toEqual([])
  })

  it('for an allowed call the order on record is issued, started, call', async () => {
    await agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/42')
    await world.recorded(({ event, integration }) => event === 'api.call' && integration === 'github')
    const events = (await world.records()).filter(({ integration, event }) => integration === 'github' && event !== 'api.denied').map(({ event }) => event)
    expect(events).toEqual(['credential.issued', 'api.started', 'api.call'])
  })
})
