import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { startStage, type Stage } from '../support/stage.ts'

// Elsewhere hosts were compared before they were normalised, and a deny of `host:port` lost against an allow of `*`.
const asked: string[] = []
let stage: Stage
beforeAll(async () => {
  stage = await startStage({
    resolve: (host) => {
      asked.push(host)
      return Promise.resolve(['127.0.0.1'])
    },
    policies: {
      'host.yaml': agentRules('agent:pr-reviewer', '{ id: wide, allow: { integration: [recorder, github] } }', '{ id: by-host, deny: { integration: recorder, when: "request.host == \'recorder.internal\' && request.port == 443 && request.path.startsWith(\'/v1/closed\')" } }'),
      'targets.yaml': agentRules('agent:pr-reviewer', '{ id: no-handbook, deny: { integration: github, target: acme-corp/handbook } }'),
    },
  })
})
afterAll(() => stage.close())

describe('a rule holds for every spelling of what it names', () => {
  for (const url of ['https://recorder.internal/v1/closed', 'https://RECORDER.INTERNAL/v1/closed', 'https://recorder.internal:443/v1/closed', 'https://Recorder.Internal:443/v1/closed']) {
    it(`${url} is the host that the rule denies`, async () => {
      const before = stage.reached()
      expect((await stage.agent.absolute('GET', url)).code).toBe('policy_denied')
      expect(stage.reached()).toBe(before)
    })
  }

  it('and in a tunnel to RECORDER.internal:443', async () => {
    const tunnel = await stage.agent.tunnel('RECORDER.internal')
    expect((await tunnel.ask('GET /v1/closed HTTP/1.1\r\nHost: Recorder.Internal:443\r\n\r\n')).code).toBe('policy_denied')
    expect((await tunnel.ask('GET /v1/open HTTP/1.1\r\nHost: Recorder.Internal:443\r\n\r\n')).status).toBe(200)
    tunnel.close()
  })

  for (const path of ['acme-corp/handbook', 'ACME-CORP/Handbook', 'Acme-Corp/HANDBOOK']) {
    it(`a repository that is denied is denied as ${path}`, async () => {
      const before = stage.reached()
      expect((await stage.agent.reverse('GET', `/github/repos/${path}/contents/README.md`)).code).toBe('policy_denied')
      expect(stage.reached()).toBe(before)
    })
  }

  it('a host that differs in a dot, a dash or a look-alike is another, and its name is asked of nobody', async () => {
    for (const host of ['recorder.internal.', 'recorder-internal', 'recorder.internal.evil.example', 'evilrecorder.internal', 'xn--recrder-0fb.internal', 'rec\u043Erder.internal']) {
      expect([400, 403]).toContain((await stage.agent.connectTo(`${Buffer.from(host).toString('latin1')}:443`)).head.status)
    }
    expect(asked).toEqual([])
  })
})
