import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { startStage, type Stage } from '../support/stage.ts'

const RULES = agentRules('agent:pr-reviewer',
  '{ id: write, allow: { integration: recorder, route: "POST /v1/{+rest}" } }',
  '{ id: no-secrets, deny: { integration: recorder, route: "POST /v1/{+rest}", when: \'body.text.contains("forbidden")\' } }',
  '{ id: targets, allow: { integration: recorder, route: "POST /targets/{id}", when: "body.channel == \'good\'" } }')

let stage: Stage
beforeAll(async () => { stage = await startStage({ policies: { 'recorder.yaml': RULES } }) })
afterAll(() => stage.close())

const JSON_TYPE = 'application/json'
const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`

/** What a rule that looks for a word in the body must not let through, however it is hidden. */
const HIDDEN: readonly (readonly [name: string, body: string | Buffer, type?: string, fields?: readonly string[]])[] = [
  ['plain', '{"text":"forbidden"}'],
  ['behind 64 KB of padding', `{"pad":"${'x'.repeat(65_536)}","text":"forbidden"}`],
  ['in \\u escapes', '{"text":"\\u0066orbidd\\u0065n"}'],
  ['in the escaped name', '{"t\\u0065xt":"forbidden"}'],
  ['behind a harmless twin', '{"text":"forbidden","text":"fine"}'],
  ['before a harmless twin', '{"text":"fine","text":"forbidden"}'],
  ['under a twin in \\u escapes', '{"text":"fine","t\\u0065xt":"forbidden"}'],
  ['compressed', gzipSync('{"text":"forbidden"}'), JSON_TYPE, ['Content-Encoding: gzip']],
  ['compressed, untold', gzipSync('{"text":"forbidden"}')],
  ['behind a BOM', '\ufeff{"text":"forbidden"}'],
  ['in UTF-16', Buffer.from('{"text":"forbidden"}', 'utf16le')],
  ['in another charset', '{"text":"forbidden"}', 'application/json; charset=utf-7'],
  ['as another type', '{"text":"forbidden"}', 'text/plain'],
  ['in a multipart form', '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nforbidden\r\n--b--\r\n', 'multipart/form-data; boundary=b'],
  ['in overlong UTF-8', Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xc1, 0xa6]), Buffer.from('orbidden"}')])],
  ['in a form', 'text=forbidden', 'application/x-www-form-urlencoded'],
  ['in a form, escaped', 'te%78t=%66orbidden', 'application/x-www-form-urlencoded'],
  ['in a form, twice', 'text=fine&text=forbidden', 'application/x-www-form-urlencoded'],
  ['behind a comment', '{/*"text":"fine",*/"text":"forbidden"}'],
  ['after the value', '{"text":"fine"}{"text":"forbidden"}'],
  ['in an array', '[{"text":"forbidden"}]'],
  ['beside a number that no reader reads alike', '{"text":"forbidden","n":1e999}'],
  ['too deep to be read', deep],
  ['in a value of another kind', '{"text":["forbidden"]}'],
  ['nowhere, where the condition cannot be told', '{"other":1}'],
  ['in no body at all', ''],
]

describe('a rule that denies by the body', () => {
  it('lets through what it has nothing against', async () => {
    expect((await stage.agent.reverse('POST', '/recorder/v1/a', { body: '{"text":"fine"}' })).status).toBe(200)
  })

  for (const [name, body, type = JSON_TYPE, fields = []] of HIDDEN) {
    it(`is not passed by the word ${name}`, async () => {
      const before = stage.reached()
      const answer = await stage.agent.reverse('POST', '/recorder/v1/a', { body, type, fields })
      expect(answer.code).toMatch(/^(?:policy_denied|body_refused)$/)
      expect(stage.reached()).toBe(before)
    })
  }

  it('over the bound nothing is judged by its beginning: the request is refused', async () => {
    const before = stage.reached()
    const body = `{"text":"fine","pad":"${'x'.repeat(1_100_000)}"}`
    expect(await stage.agent.reverse('POST', '/recorder/v1/a', { body })).toMatchObject({ status: 413, code: 'body_too_large' })
    const wire = await stage.agent.connect()
    wire.send(`POST /recorder/v1/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await stage.world.token({ consent: [{ integration: 'recorder', scopes: ['any:write'], targets: ['**'] }] })}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`)
    wire.send(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
    expect((await wire.answer()).code).toBe('body_too_large')
    expect(stage.reached()).toBe(before)
  })
})

describe('a rule that allows by the body', () => {
  for (const [name, body, type = JSON_TYPE] of [
    ['is not there', '{}'], ['is of another kind', '{"channel":["good"]}'], ['is written twice', '{"channel":"good","channel":"bad"}'], ['is in another spelling', '{"Channel":"good"}'],
    ['has more around it', '{"channel":"good "}'], ['is text, not JSON', '{"channel":"good"}', 'text/plain'],
  ] as const) {
    it(`does not where the value ${name}`, async () => {
      const before = stage.reached()
      expect((await stage.agent.reverse('POST', '/recorder/targets/one', { body, type })).code).toMatch(/^(?:policy_denied|body_refused)$/)
      expect(stage.reached()).toBe(before)
    })
  }

  it('does where it holds', async () => {
    expect((await stage.agent.reverse('POST', '/recorder/targets/one', { body: '{"channel":"good"}' })).status).toBe(200)
  })
})

describe('Slack’s channel, which only the body tells', () => {
  for (const body of ['channel=C0GENERAL&channel=C0CODEREVIEW', 'channel=C0CODEREVIEW&channel=C0GENERAL', 'channel=C0CODEREVIEW,C0GENERAL', 'channel[]=C0GENERAL', 'CHANNEL=C0GENERAL', 'text=a', 'channel=%43%30GENERAL']) {
    it(`${body} posts nowhere`, async () => {
      const before = stage.world.upstreams.slack.log.entries.filter(({ path }) => path.includes('chat.')).length
      const answer = await stage.agent.reverse('POST', '/slack/api/chat.postMessage', { body: `text=a&${body}`, type: 'application/x-www-form-urlencoded' })
      expect(answer.code).toBeDefined()
      expect(stage.world.upstreams.slack.log.entries.filter(({ path }) => path.includes('chat.')).length).toBe(before)
    })
  }

  it('a channel in the query beside one in the body is ambiguous', async () => {
    const answer = await stage.agent.reverse('POST', '/slack/api/chat.postMessage?channel=C0GENERAL', { body: 'text=a&channel=C0CODEREVIEW', type: 'application/x-www-form-urlencoded' })
    expect(answer.code).toBeDefined()
    expect(stage.world.upstreams.slack.log.entries.filter(({ path }) => path.includes('chat.'))).toEqual([])
  })
})
