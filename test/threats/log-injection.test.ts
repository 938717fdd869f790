import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { humanFormat } from '../../src/audit/human.ts'
import { parseRecord } from '../../src/audit/record.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

const FORGED = '{"v":1,"seq":999,"event":"api.call","outcome":"ok"}'
const HOSTILE = [
  `a\n${FORGED}`, `a\r\n${FORGED}`, '\u001b[2J\u001b[31mred', 'a\u0000b', 'a\u2028b\u2029c', '\u202eabc', '"},{"x":"', '\\"\\n', '${jndi:ldap://x}', '%0a%0dInjected', 'a'.repeat(20_000), '\ud800', '</script><script>',
]

/** Every way in which a client's own words could reach the audit or the log. */
async function sayEverywhere(text: string): Promise<void> {
  const bytes = Buffer.from(text).toString('latin1')
  const { agent } = stage
  const encoded = encodeURIComponent(text.toWellFormed())
  await agent.raw(`GET /recorder/v1/${bytes} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await agent.raw(`GET /recorder/v1/${encoded} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await agent.raw(`${bytes} /recorder/v1/a HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await agent.raw(`GET /${encoded}/v1/a HTTP/1.1\r\nHost: ${bytes}\r\n\r\n`)
  await agent.raw(`CONNECT ${bytes}:443 HTTP/1.1\r\n\r\n`)
  await agent.raw(`GET http://${bytes}/ HTTP/1.1\r\nHost: a\r\n\r\n`)
  await agent.reverse('GET', `/recorder/v1/${encoded}`.slice(0, 8_000), { fields: ['User-Agent: x', `X-A: ${bytes.replaceAll(/[^\x20-\x7e]/g, '')}`.slice(0, 4_000)] })
  await agent.reverse('POST', '/recorder/targets/one', { body: JSON.stringify({ text }) })
}

describe('what a client says', () => {
  it('stays within its own line and field, printable and bounded, in the audit and in the log', async () => {
    for (const text of HOSTILE) await sayEverywhere(text)
    const [audit, log] = [await stage.world.auditText(), stage.world.logText()]
    for (const text of [audit, log]) {
      // oxlint-disable-next-line no-control-regex
      expect(text.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]*$/)
    }
    const lines = audit.trim().split('\n')
    const records = lines.map((line) => JSON.parse(line) as { seq: number; http?: { path: string } })
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, at) => at + 1))
    expect(records.every(({ http }) => (http?.path ?? '').length <= 2_100)).toBe(true)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(8_192)
    expect(records.length).toBeGreaterThan(HOSTILE.length * 4)
  })

  it('moves no cursor and begins no line in the form that people read', async () => {
    const format = humanFormat(false)
    for (const line of (await stage.world.auditText()).trim().split('\n')) {
      const record = parseRecord(line)
      if (record === undefined) throw new Error('a line is no record')
      // oxlint-disable-next-line no-control-regex
      expect(format(record)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]|\n./)
    }
  })

  it('becomes no label of a metric', async () => {
    const response = await fetch(`${stage.world.operationsUrl}/metrics`, { headers: { authorization: `Bearer ${stage.world.operationsToken}` } })
    const text = await response.text()
    expect(text).toContain('postern_requests_total{')
    expect(new Set([...text.matchAll(/integration="([^"]*)"/g)].map(([, name]) => name))).toEqual(new Set(['recorder', 'none'].filter((name) => text.includes(`integration="${name}"`))))
    expect(text).not.toMatch(/jndi|<script|Injected|\[31m/)
  })
})
