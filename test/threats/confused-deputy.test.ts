import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage({ recorder: { settings: ['credential_fields: [api_key, access_token]'] } }) })
afterAll(() => stage.close())

const FORM = 'application/x-www-form-urlencoded'

describe('a credential that the agent brings', () => {
  for (const [name, method, path, body, type] of [
    ['in the query', 'GET', '/recorder/v1/a?access_token=x', undefined, undefined],
    ['in the query, under another spelling', 'GET', '/recorder/v1/a?b=c&Access%5FToken=x', undefined, undefined],
    ['in the query, behind a semicolon', 'GET', '/recorder/v1/a?b=c;api_key=x', undefined, undefined],
    ['in a JSON body', 'POST', '/recorder/v1/a', '{"access_token":"x"}', 'application/json'],
    ['in a JSON body, escaped', 'POST', '/recorder/v1/a', '{"acc\\u0065ss_token":"x"}', 'application/json'],
    ['in a form', 'POST', '/recorder/v1/a', 'a=b&api%5Fkey=x', FORM],
    ['for Slack in a form: the attacker’s own workspace', 'POST', '/slack/api/chat.postMessage', 'token=xoxb-attacker&channel=C0CODEREVIEW&text=a', FORM],
    ['for Slack in JSON', 'POST', '/slack/api/chat.postMessage', '{"token":"xoxb-attacker","channel":"C0CODEREVIEW","text":"a"}', 'application/json'],
    ['for Slack in the query', 'POST', '/slack/api/chat.postMessage?token=xoxb-attacker', 'channel=C0CODEREVIEW&text=a', FORM],
    ['for GitHub in the query', 'GET', '/github/repos/acme-corp/backend/pulls/42?access_token=ghp_attacker', undefined, undefined],
  ] as const) {
    it(`${name} is refused, not stripped`, async () => {
      const before = stage.reached()
      const answer = await stage.agent.reverse(method, path, body === undefined ? {} : { body, type })
      expect(answer.code).toBe('client_credential_refused')
      expect(stage.reached()).toBe(before)
    })
  }
})

describe('whose credential is used follows from who calls, never from what is said', () => {
  it('no field of the request names another agent, person or delegation', async () => {
    const fields = [
      'X-Agent-Id: agent:issue-triage', 'X-User: user:bob@acme.com', 'X-Forwarded-User: user:bob@acme.com', 'X-Remote-User: bob', 'From: bob@acme.com',
      'Postern-Agent: agent:issue-triage', `Postern-Session: ${newId('ses')}`, 'X-Forwarded-Client-Cert: URI=spiffe://acme.com/agents/issue-triage',
    ]
    expect((await stage.agent.reverse('GET', '/recorder/v1/deputy?user=bob&delegation=dlg_x', { fields })).status).toBe(200)
    const record = await stage.world.recorded(({ event, http }) => event === 'api.call' && (http as { path: string }).path === '/v1/deputy')
    expect(record).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, identified_by: 'token' })
    expect(stage.recorder.requests.at(-1)?.lines.filter((line) => /postern|x-forwarded|x-remote/i.test(line))).toEqual([])
  })

  it('an agent gets nothing from another agent’s answers or credentials: each delegation has its own', async () => {
    const [one, other] = [await stage.agentWith({ delegation: newId('dlg') }), await stage.agentWith({ delegation: newId('dlg'), person: 'user:bob@acme.com' })]
    for (const agent of [one, other]) expect((await agent.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).status).toBe(200)
    const calls = stage.world.upstreams.github.log.entries.filter(({ path }) => path.endsWith('/pulls/42')).slice(-2)
    const tokens = calls.map(({ rawHeaders }) => rawHeaders.find(([name]) => name.toLowerCase() === 'authorization')?.[1])
    expect(new Set(tokens).size).toBe(2)
    expect(new Set(calls.map(({ connection }) => connection)).size).toBe(2)
  })
})
