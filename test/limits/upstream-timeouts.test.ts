import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

const HANDSHAKE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

let stage: Stage
beforeAll(async () => {
  stage = await startStage({
    recorder: {
      connect: '{ address: "127.0.0.1:PORT", allow_addresses: ["127.0.0.1/32"], ca: { file: CA }, timeouts: { first_byte: 200ms, idle: 300ms, total: 900ms } }',
      settings: [],
    },
    config: (text) => text.replace('      - { route: "GET /v1/{+rest}"', '      - { route: "WEBSOCKET /v1/socket", access: read, scopes: [any:read] }\n      - { route: "GET /v1/{+rest}"'),
  })
})
afterAll(() => stage.close())

const recorded = (path: string): Promise<Record<string, unknown>> => stage.world.recorded(({ event, http }) => event === 'api.call' && (http as { path: string }).path === path)

describe('the times of an integration', () => {
  it.each<[string, readonly string[]]>([['a call', []], ['a WebSocket’s handshake', HANDSHAKE]])('end %s that the upstream does not answer: 504, on record', async (name, fields) => {
    stage.recorder.respond = () => undefined
    const path = fields.length === 0 ? '/v1/silent' : '/v1/socket'
    const began = performance.now()
    const answer = await stage.agent.reverse('GET', `/recorder${path}`, { fields })
    expect([name, answer.status, answer.code]).toEqual([name, 504, 'upstream_timeout'])
    expect(performance.now() - began).toBeLessThan(3_000)
    expect(await recorded(path)).toMatchObject({ outcome: 'failed', code: 'upstream_timeout', reason: expect.stringMatching(/^forward: the upstream did not answer the handshake in time$|^forward: no answer came in time$/) })
  })

  it('cut an answer that stops, so that it is seen as cut', async () => {
    stage.recorder.respond = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    expect(await stage.agent.reverse('GET', '/recorder/v1/stops')).toMatchObject({ status: 200, body: 'half', whole: false })
    expect(await recorded('/v1/stops')).toMatchObject({ outcome: 'failed', reason: 'the answer stopped' })
  })

  it('cut one that never stops', async () => {
    const drip = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
      const timer = setInterval(() => socket.write('x'), 20)
      socket.once('close', () => clearInterval(timer))
    }
    stage.recorder.respond = drip
    expect(await stage.agent.reverse('GET', '/recorder/v1/drips')).toMatchObject({ status: 200, whole: false })
    expect(await recorded('/v1/drips')).toMatchObject({ outcome: 'failed', reason: 'the whole call took too long' })
  })
})
