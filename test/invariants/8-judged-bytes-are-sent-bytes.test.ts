import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestAgent } from '../support/agent-client.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld } from '../support/postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type Recorder, type RecorderOptions } from '../support/recorder.ts'

interface Stage {
  readonly recorder: Recorder
  readonly world: PosternWorld
  readonly agent: TestAgent
}

async function startStage(options: RecorderOptions = {}): Promise<Stage> {
  const recorder = await startRecorder(options)
  const rules = agentRules('agent:pr-reviewer', '{ id: read, allow: { integration: recorder, access: read } }',
    '{ id: write, allow: { integration: recorder, access: write, when: "size(body.text) > 0" } }')
  const world = await startPosternWorld({ config: recorder.config, policies: policiesWith({ ...recorder.policies, 'recorder.yaml': rules }) })
  return { recorder, world, agent: new TestAgent(world, await world.token({ consent: [...WIDE_CONSENT, RECORDER_CONSENT] })) }
}

async function end({ world, recorder }: Stage): Promise<void> {
  await world.close()
  await recorder.close()
}

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => end(stage))
afterEach(() => void stage.recorder.requests.splice(0))

const TARGETS = [
  '/v1/a', '/v1/a/', '/v1/a?', '/v1/a?b', '/v1/a?b=&c==&&d', '/v1/a?b=%41%2f%2F+%20', '/v1/a;x=1/b;y', "/v1/!$&'()*+,;=:@~-._", '/v1/A/a', '/v1/%C3%BC/%E2%82%AC',
  '/v1/a%20b', '/v1/src%2Findex.ts', '/v1/100%25', '/v1/a?url=https://x.example/?a=b', '/v1/a?b=c?d/e', '/v1/a?%62=%63', '/v1/a|b', '/v1/[a]', '/v1/a?b=[c]&d=%5B',
]

describe('the target goes out as it was judged', () => {
  for (const target of TARGETS) {
    it(`${target} through every door`, async () => {
      const { agent, recorder } = stage
      const answers = [
        await agent.reverse('GET', `/recorder${target}`),
        await agent.absolute('GET', `https://recorder.internal${target}`),
        await tunnelled(target),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(recorder.requests.map((request) => request.target)).toEqual([target, target, target])
    })
  }

  it('for any path and query that are taken at all', async () => {
    const segment = fc.string({ unit: fc.constantFrom(...'abzAZ09-._~!$&\'()*+,;=:@', '%20', '%C3%A9', '%2F', '%25', '%3B'), minLength: 1, maxLength: 6 })
    const query = fc.option(fc.string({ unit: fc.constantFrom(...'ab=&+;:@/?-._~', '%20', '%2F', '%26'), maxLength: 12 }), { nil: undefined })
    let taken = 0
    await fc.assert(fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 3 }), query, async (segments, rest) => {
      const target = `/v1/${segments.join('/')}${rest === undefined ? '' : `?${rest}`}`
      stage.recorder.requests.splice(0)
      const { status } = await stage.agent.reverse('GET', `/recorder${target}`)
      const sent = stage.recorder.requests.map((request) => request.target)
      if (status === 200) taken += 1
      return status === 200 ? sent.length === 1 && sent[0] === target : sent.length === 0
    }), { numRuns: 60 })
    expect(taken).toBeGreaterThan(20)
  })
})

async function tunnelled(target: string) {
  const tunnel = await stage.agent.tunnel('recorder.internal')
  const answer = await tunnel.ask(`GET ${target} HTTP/1.1\r\nHost: recorder.internal\r\n\r\n`)
  tunnel.close()
  return answer
}

describe('a body that was looked at goes out byte for byte', () => {
  for (const body of [
    '{"text":"a"}', ' {\n\t"text" : "\\u0061\\/" , "n": 1.50e2, "big": 12345678901234567890 }\r\n', '{"text":"ü€😀","z":1,"a":2}', '{"a":null,"text":"\\ud83d\\ude00"}',
  ]) {
    it(`${JSON.stringify(body)}`, async () => {
      expect((await stage.agent.reverse('POST', '/recorder/v1/a', { body })).status).toBe(200)
      expect(stage.recorder.requests[0]?.body).toBe(Buffer.from(body).toString('latin1'))
    })
  }

  it('also where it came in chunks', async () => {
    const wire = await stage.agent.connect()
    const token = await stage.world.token({ consent: [...WIDE_CONSENT, RECORDER_CONSENT] })
    wire.send(`POST /recorder/v1/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`)
    for (const chunk of ['{"te', 'xt":', ' "abc"', '}']) wire.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    wire.send('0\r\n\r\n')
    expect((await wire.answer()).status).toBe(200)
    expect(stage.recorder.requests[0]?.body).toBe('{"text": "abc"}')
    wire.close()
  })
})

describe('the credential’s placement is the only difference', () => {
  for (const [name, placement, expected, target] of [
    ['in the query', '{ in: query, name: api_key }', (secret: string) => `/v1/a?b=%20c&api_key=${secret}`, '/v1/a?b=%20c'],
    ['in a path prefix', '{ in: path, prefix: "/bot{credential}" }', (secret: string) => `/bot${secret}/v1/a?b=%20c`, '/v1/a?b=%20c'],
  ] as const) {
    it(`${name}; the audit keeps the path before it`, async () => {
      const own = await startStage({ placement })
      const answer = await own.agent.reverse('GET', `/recorder${target}`)
      const record = await own.world.recorded(({ event }) => event === 'api.call')
      const sent = own.recorder.requests.map((request) => request.target)
      const audit = await own.world.auditText()
      await end(own)
      expect(answer.status).toBe(200)
      expect(sent).toEqual([expected(own.recorder.secret)])
      expect(record['http']).toMatchObject({ path: '/v1/a', host: 'recorder.internal' })
      expect(audit).not.toContain(own.recorder.secret)
    })
  }
})
