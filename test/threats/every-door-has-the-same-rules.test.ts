import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAgent, type RequestParts } from '../support/agent-client.ts'
import { startStage, type Stage } from '../support/stage.ts'

// Elsewhere the absolute form skipped the rules, or the authentication.
let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

const CASES: readonly (readonly [method: string, path: string, parts?: RequestParts])[] = [
  ['GET', '/repos/acme-corp/backend/pulls/42'], ['GET', '/repos/acme-corp/backend/pulls/31337'], ['GET', '/repos/other-org/secret/pulls/1'], ['GET', '/repositories/1001/pulls/42'],
  ['POST', '/repos/acme-corp/prod-payments/pulls/3/reviews', { body: '{"event":"COMMENT"}' }], ['DELETE', '/repos/acme-corp/backend'], ['PUT', '/repos/acme-corp/backend/pulls/42/merge', { body: '{}' }],
  ['GET', '/nothing/here'], ['GET', '/repos/acme-corp/backend/pulls/42?access_token=x'], ['GET', '/repos/ACME-corp/Backend/pulls/42'], ['GET', '/repos/acme-corp/backend/pulls/%34%32'],
  ['PATCH', '/repos/acme-corp/backend/pulls/42', { body: '{"title":"a"}' }], ['GET', '/user'], ['TRACE', '/repos/acme-corp/backend/pulls/42'], ['GET', '/repos/acme-corp/backend/pulls/42', { fields: ['X-HTTP-Method: PUT'] }],
]

describe('the three doors', () => {
  for (const [method, path, parts] of CASES) {
    it(`answer ${method} ${path}${parts?.fields === undefined ? '' : ` with ${parts.fields.join()}`} alike`, async () => {
      const answers = [
        await stage.agent.call(method, `https://api.github.com${path}`, parts),
        await stage.agent.absolute(method, `https://api.github.com${path}`, parts),
        await stage.agent.reverse(method, `/github${path}`, parts),
      ]
      const [first] = answers.map(({ status, code }) => ({ status, code }))
      expect(answers.map(({ status, code }) => ({ status, code }))).toEqual([first, first, first])
    })
  }

  it('let in nobody without a proof', async () => {
    const nobody = new TestAgent(stage.world, undefined)
    const before = stage.reached()
    expect((await nobody.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).status).toBe(401)
    expect((await nobody.absolute('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/42')).status).toBe(407)
    expect((await nobody.connectTo('api.github.com:443')).head.status).toBe(407)
    // A token in the wrong place for its door is none.
    const token = await stage.world.token()
    expect((await nobody.absolute('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/42', { fields: [`Authorization: Bearer ${token}`] })).status).toBe(407)
    expect((await nobody.reverse('GET', '/github/repos/acme-corp/backend/pulls/42', { fields: [`Proxy-Authorization: Bearer ${token}`] })).status).toBe(401)
    expect((await nobody.connectTo('api.github.com:443', [`Authorization: Bearer ${token}`])).head.status).toBe(407)
    expect(stage.reached()).toBe(before)
  })
})

describe('a CONNECT is not a request to be judged by the rules of requests', () => {
  it('stands for an agent whose requests are all refused; each of them is', async () => {
    const other = await stage.agentWith({ agent: 'agent:release-notes' })
    const tunnel = await other.tunnel('recorder.internal')
    const before = stage.reached()
    for (const path of ['/v1/a', '/v1/b']) expect((await tunnel.ask(`GET ${path} HTTP/1.1\r\nHost: recorder.internal\r\n\r\n`)).code).toBe('policy_denied')
    expect(stage.reached()).toBe(before)
    tunnel.close()
  })
})

describe('what decides about a request is the request', () => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/health', '/favicon.ico', '/github', '/']) {
    it(`${path} on the agents’ port opens nothing`, async () => {
      const answer = await new TestAgent(stage.world, undefined).reverse('GET', path)
      expect([401, 404]).toContain(answer.status)
    })
  }

  for (const fields of [['X-Forwarded-Uri: /repos/acme-corp/backend/pulls/42'], ['X-Original-URL: /repos/acme-corp/backend/pulls/42'], ['X-Forwarded-Host: api.github.com', 'X-Forwarded-Method: GET'], ['X-Envoy-Original-Path: /healthz']]) {
    it(`${fields.join(', ')} makes nothing of a refused one`, async () => {
      const before = stage.reached()
      expect((await stage.agent.reverse('DELETE', '/github/repos/acme-corp/backend?path=/repos/acme-corp/backend/pulls/42', { fields })).status).toBe(403)
      expect((await stage.agent.reverse('DELETE', '/github/repos/acme-corp/backend?_method=GET', { fields })).status).toBe(400)
      expect(stage.reached()).toBe(before)
    })
  }
})
