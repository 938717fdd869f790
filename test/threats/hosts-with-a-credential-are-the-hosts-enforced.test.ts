import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

// Others kept two lists: hosts that get a credential, and hosts whose rules are enforced; and what matched neither became a plain tunnel.
let stage: Stage
beforeAll(async () => {
  stage = await startStage({
    recorder: { settings: ['more_origins: ["https://second.recorder.internal", "https://recorder.internal:8443"]'] },
    config: (text) => text.replace(/^listener: \{ /m, 'listener: { unmatched: tunnel, ').replace('hosts: [', 'hosts: [second.recorder.internal, '),
    resolve: () => Promise.resolve(['127.0.0.1']),
  })
})
afterAll(() => stage.close())

describe('every host that gets the credential is judged', () => {
  it('a further origin as the first: what no route has is refused there too', async () => {
    for (const [host, port] of [['recorder.internal', 443], ['recorder.internal', 8443], ['second.recorder.internal', 443]] as const) {
      const before = stage.reached()
      const tunnel = await stage.agent.tunnel(host, { port })
      const authority = port === 443 ? host : `${host}:${port}`
      expect(await tunnel.ask(`DELETE /v1/a HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)).toMatchObject({ code: 'operation_unknown' })
      expect(stage.reached()).toBe(before)
      tunnel.close()
    }
  })
})

describe('a host of an integration whose TLS could not be ended', () => {
  it('starts nothing, a subdomain of a declared one included: it is not found out call by call', async () => {
    const start = startStage({ recorder: { settings: ['more_origins: ["https://second.recorder.internal"]'] } })
    await expect(start).rejects.toThrow(/`ca\.hosts` does not cover second\.recorder\.internal/)
  })
})

describe('even where unmatched hosts are tunnelled, no host of an integration is passed unread', () => {
  for (const target of ['recorder.internal:80', 'recorder.internal:8444', 'api.github.com:80', 'api.github.com:22', 'API.GitHub.com:8443', 'slack.com:80', 'second.recorder.internal:8443']) {
    it(`${target} is refused`, async () => {
      expect((await stage.agent.connectTo(target)).head).toMatchObject({ status: 403, code: 'host_not_served' })
    })
  }

  it('a request that no wildcard route has is refused, not passed through', async () => {
    const before = stage.reached()
    for (const path of ['/', '/v2/a', '/v1', '/targets/a/b', '/.well-known/x']) {
      expect((await stage.agent.call('GET', `https://recorder.internal${path}`)).code).toMatch(/^(?:operation_unknown|policy_denied)$/)
    }
    expect(stage.reached()).toBe(before)
  })
})

describe('a tunnel that is passed unread', () => {
  it('never carries a credential, is on record, and is for agents that are known alone', async () => {
    const unknown = await stage.agentWith({ agent: 'agent:nobody' })
    expect((await unknown.connectTo('elsewhere.example:443')).head.code).toBe('agent_unknown')
    const { head } = await stage.agent.connectTo('elsewhere.example:443')
    expect(head.code).toBe('address_refused')
    expect(await stage.world.recorded(({ code }) => code === 'address_refused')).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, http: { method: 'CONNECT' } })
    expect((await stage.world.records()).filter(({ event }) => event === 'credential.issued')).toEqual([])
  })
})
