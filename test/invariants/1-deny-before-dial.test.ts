import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAgent, type RequestParts } from '../support/agent-client.ts'
import { policiesWith, agentRules } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld, type TokenWish } from '../support/postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type Recorder } from '../support/recorder.ts'

const CONSENT = [...WIDE_CONSENT, RECORDER_CONSENT]
const RULES = agentRules('agent:pr-reviewer',
  '{ id: once, allow: { integration: recorder, route: "POST /targets/{id}" }, limits: { requests: 1/h } }',
  '{ id: read, allow: { integration: recorder, access: read } }',
  '{ id: write-short, allow: { integration: recorder, route: "POST /v1/{+rest}", when: "size(body.text) < 10" } }',
  '{ id: asks, ask: { integration: recorder, route: "GET /v1/{+rest}", when: "request.path.endsWith(\'/ask\')" } }')
const FORBIDDEN = 'policy: org\ndefault: allow\nrules:\n  - { id: nobody, deny: { integration: recorder, target: forbidden } }\n'

const asked: string[] = []
let recorder: Recorder
let world: PosternWorld
let port: number

beforeAll(async () => {
  recorder = await startRecorder({ resolved: true })
  port = recorder.port
  world = await startPosternWorld({
    config: recorder.config,
    policies: policiesWith({ ...recorder.policies, 'recorder.yaml': RULES, 'forbidden.yaml': FORBIDDEN }),
    resolve: (host) => {
      asked.push(host)
      return Promise.resolve(['127.0.0.1'])
    },
  })
})
afterAll(async () => {
  await world.close()
  await recorder.close()
})

/** Names resolved and connections opened by what is done, and the code it was refused with. */
async function told(act: () => Promise<{ readonly code: string | undefined }>): Promise<object> {
  const before = noticed()
  const { code } = await act()
  return { code, noticed: noticed() - before }
}

function noticed(): number {
  const { github, slack, tickets } = world.upstreams
  return asked.length + recorder.connections() + github.log.connections + slack.log.connections + tickets.log.connections
}

/** Nobody heard of the request: no name was resolved, no connection opened, nothing issued. */
const quiet = (code: string): object => ({ code, noticed: 0 })

const agentWith = async (wish: TokenWish = {}): Promise<TestAgent> => new TestAgent(world, await world.token({ consent: CONSENT, ...wish }))

interface Case {
  readonly name: string
  readonly code: string
  readonly wish?: TokenWish
  readonly method?: string
  readonly path?: string
  readonly parts?: RequestParts
}

const CASES: readonly Case[] = [
  { name: 'a token that has expired', code: 'token_expired', wish: { lifetimeMs: -3_600_000 } },
  { name: 'an agent that nobody registered', code: 'agent_unknown', wish: { agent: 'agent:nobody' } },
  { name: 'an operation that no catalogue has', code: 'operation_unknown', method: 'DELETE' },
  { name: 'a person without consent', code: 'consent_required', wish: { consent: WIDE_CONSENT } },
  { name: 'an agent without permission', code: 'policy_denied', wish: { agent: 'agent:release-notes' } },
  { name: 'a rule of the organisation', code: 'policy_denied', method: 'POST', path: '/targets/forbidden', parts: { body: '{}' } },
  { name: 'a rule that asks', code: 'approval_required', path: '/v1/ask' },
  { name: 'a condition on the body that does not hold', code: 'policy_denied', method: 'POST', parts: { body: '{"text":"much too long"}' } },
  { name: 'a body that cannot be judged', code: 'body_refused', method: 'POST', parts: { body: '{"text":"a","text":"b"}' } },
  { name: 'a credential of the client’s own in the query', code: 'client_credential_refused', path: '/v1/a?access_token=x' },
  { name: 'a path that can be read in two ways', code: 'path_refused', path: '/v1/%2e%2e/a' },
  { name: 'another method in a header', code: 'header_refused', parts: { fields: ['X-HTTP-Method-Override: DELETE'] } },
]

describe('before an allowing decision nothing is resolved, dialled or issued', () => {
  for (const { name, code, wish, method = 'GET', path = '/v1/a', parts } of CASES) {
    it(`for ${name}, by base URL`, async () => expect(await told(async () => (await agentWith(wish)).reverse(method, `/recorder${path}`, parts))).toEqual(quiet(code)))
    it(`for ${name}, in absolute form`, async () => expect(await told(async () => (await agentWith(wish)).absolute(method, `https://recorder.internal:${port}${path}`, parts))).toEqual(quiet(code)))
  }

  it('for a request without any proof, at each door', async () => {
    const nobody = new TestAgent(world, undefined)
    expect(await told(() => nobody.reverse('GET', '/recorder/v1/a'))).toEqual(quiet('identity_required'))
    expect(await told(() => nobody.absolute('GET', `https://recorder.internal:${port}/v1/a`))).toEqual(quiet('identity_required'))
    expect(await told(async () => (await nobody.connectTo(`recorder.internal:${port}`)).head)).toEqual(quiet('identity_required'))
  })

  it('for a host that no integration serves, not even its name', async () => {
    const agent = await agentWith()
    expect(await told(async () => (await agent.connectTo('secrets-in-a-name.evil.example:443')).head)).toEqual(quiet('host_not_served'))
    expect(await told(() => agent.absolute('GET', 'http://secrets-in-a-name.evil.example/'))).toEqual(quiet('host_not_served'))
    expect(await told(() => agent.reverse('GET', '/nowhere/v1/a'))).toEqual(quiet('integration_unknown'))
  })

  it('for a tunnel to a host that is served, until a request inside it is allowed', async () => {
    const refused = await told(async () => {
      const tunnel = await (await agentWith({ agent: 'agent:issue-triage' })).tunnel('recorder.internal', { port })
      const answer = await tunnel.ask(`GET /v1/a HTTP/1.1\r\nHost: recorder.internal:${port}\r\n\r\n`)
      tunnel.close()
      return answer
    })
    expect(refused).toEqual(quiet('policy_denied'))
  })

  it('for GitHub and Slack neither: no token is asked for on behalf of a call that is refused', async () => {
    const agent = await agentWith()
    expect(await told(() => agent.reverse('POST', '/github/repos/acme-corp/prod-payments/pulls/3/reviews', { body: '{"event":"APPROVE"}' }))).toEqual(quiet('policy_denied'))
    expect(await told(() => agent.reverse('POST', '/slack/api/chat.postMessage', { body: 'channel=C0GENERAL&text=a', type: 'application/x-www-form-urlencoded' }))).toEqual(quiet('policy_denied'))
  })

  it('and an allowed request resolves its own name once and reaches the upstream; over its limit the next does not', async () => {
    const agent = await agentWith()
    const before = asked.length
    const connections = recorder.connections()
    expect((await agent.reverse('POST', '/recorder/targets/allowed', { body: '{}' })).status).toBe(200)
    expect(asked.slice(before)).toEqual(['recorder.internal'])
    expect(recorder.connections()).toBe(connections + 1)
    expect(await told(() => agent.reverse('POST', '/recorder/targets/allowed', { body: '{}' }))).toEqual(quiet('rate_limited'))
  })
})
