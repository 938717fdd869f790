import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentRules } from '../support/policies.ts'
import { answerOk } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await startStage({ policies: { 'recorder.yaml': agentRules('agent:pr-reviewer', '{ id: recorder, allow: { integration: recorder }, limits: { body: 1KiB } }') } })
})
afterAll(() => stage.close())

describe('a request whose body is over what a rule allows', () => {
  it('is refused before anything is sent, where its length is declared', async () => {
    const before = stage.reached()
    expect(await stage.agent.reverse('POST', '/recorder/v1/a', { body: 'x'.repeat(1_025), type: 'text/plain' })).toMatchObject({ status: 413, code: 'body_too_large' })
    expect(stage.reached()).toBe(before)
    expect((await stage.agent.reverse('POST', '/recorder/v1/a', { body: 'x'.repeat(1_024), type: 'text/plain' })).status).toBe(200)
  })

  it('is cut where it comes in chunks: the upstream never has a whole request, and no byte beyond the bound', async () => {
    stage.recorder.respond = answerOk
    const before = stage.reached()
    const wire = await stage.agent.connect()
    const token = await stage.world.token({ consent: [{ integration: 'recorder', scopes: ['any:read', 'any:write'], targets: ['**'] }] })
    wire.send(`POST /recorder/v1/a HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`)
    wire.send(`400\r\n${'x'.repeat(1_024)}\r\n`)
    wire.send('1\r\ny\r\n0\r\n\r\n')
    expect(await wire.answer()).toMatchObject({ status: 413, code: 'body_too_large' })
    wire.close()
    expect(stage.reached()).toBe(before)
    expect(await stage.world.recorded(({ code, reason }) => code === 'body_too_large' && String(reason).includes('went on after'))).toMatchObject({ outcome: 'denied' })
  })
})

describe('a header over a bound', () => {
  it.each([
    ['65 KiB of fields', `GET /recorder/v1/a HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(66_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['201 fields', `GET /recorder/v1/a HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(200)}\r\n`, 431, 'headers_too_large'],
    ['a target of 16 KiB and one', `GET /recorder/${'x'.repeat(16_384)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'uri_too_long'],
  ])('%s is refused unjudged', async (_, bytes, status, code) => {
    expect(await stage.agent.raw(bytes)).toMatchObject({ status, code })
  })

  it('that never ends is cut at the bound, not at its end', async () => {
    const socket = connect(stage.world.port, '127.0.0.1')
    let sent = 0
    const line = `X-A: ${'a'.repeat(1_000)}\r\n`
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => undefined))
    socket.on('data', () => undefined)
    socket.write('GET /recorder/v1/a HTTP/1.1\r\nHost: a\r\n')
    const more = (): void => {
      if (socket.destroyed) return
      sent += line.length
      socket.write(line, () => setImmediate(more))
    }
    more()
    await ended
    expect(sent).toBeLessThan(4 * 1_048_576)
  })
})
