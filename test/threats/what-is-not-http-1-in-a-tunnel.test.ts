import { once } from 'node:events'
import { connect as connectHttp2, type IncomingHttpHeaders, type IncomingHttpStatusHeader, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

describe('HTTP/2 in a tunnel', () => {
  it('by prior knowledge, before TLS or within it, ends the tunnel', async () => {
    const before = stage.reached()
    const { wire } = await stage.agent.connectTo('recorder.internal:443')
    expect((await wire.ask(`${PREFACE}\0\0\0\x04\0\0\0\0\0`)).code).toBe('tunnel_not_intercepted')
    await wire.closed
    const tunnel = await stage.agent.tunnel('recorder.internal')
    expect((await tunnel.ask(PREFACE)).status).toBeGreaterThanOrEqual(400)
    await tunnel.closed
    expect(stage.reached()).toBe(before)
  })

  it('that was agreed on by ALPN is judged stream by stream, as any request', async () => {
    const { socket } = await stage.agent.connectTo('recorder.internal:443')
    socket.removeAllListeners('data')
    const tls = connectTls({ socket, host: 'recorder.internal', servername: 'recorder.internal', ca: readFileSync(stage.world.bundle), ALPNProtocols: ['h2'] })
    const session = connectHttp2('https://recorder.internal', { createConnection: () => tls })
    const status = async (fields: OutgoingHttpHeaders): Promise<number> => {
      const stream = session.request(fields)
      stream.resume()
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & IncomingHttpStatusHeader]
      return headers[':status'] ?? 0
    }
    const before = stage.reached()
    expect(await status({ ':path': '/v1/a', ':authority': 'other.internal' })).toBe(421)
    expect(await status({ ':path': '/no/such/route' })).toBe(403)
    expect(stage.reached()).toBe(before)
    expect(await status({ ':path': '/v1/a' })).toBe(200)
    session.destroy()
  })
})

describe('an upgrade', () => {
  for (const [name, fields, code] of [
    ['to WebSocket that no route names', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'], 'operation_unknown'],
    ['to anything else', ['Connection: upgrade', 'Upgrade: tls/1.2, foo'], 'upgrade_refused'],
    ['with a header that has no end', ['Connection: Upgrade', 'Upgrade: websocket', `X-Pad: ${'x'.repeat(70_000)}`], 'headers_too_large'],
  ] as const) {
    it(`${name} is refused, bounded, on record, and dials nobody`, async () => {
      const before = stage.reached()
      const tunnel = await stage.agent.tunnel('recorder.internal')
      const answer = await tunnel.ask(['GET /v1/ws HTTP/1.1', 'Host: recorder.internal', ...fields, '', ''].join('\r\n'))
      expect(answer.code).toBe(code)
      await tunnel.closed
      expect(await stage.world.recorded((record) => record['code'] === code)).toMatchObject({ event: 'api.denied' })
      expect(stage.reached()).toBe(before)
    })
  }

  it('to h2c, which a server may pass over, is passed over: the request is an ordinary one', async () => {
    const answer = await stage.agent.reverse('GET', '/recorder/v1/h2c', { fields: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'] })
    expect(answer.status).toBe(200)
    expect(stage.recorder.requests.at(-1)?.lines.filter((line) => /upgrade|http2/i.test(line))).toEqual([])
  })
})

describe('bytes that are no request at all', () => {
  for (const [name, bytes] of [
    ['a server name with a NUL', clientHello('127.0.0.1\0.google.com')],
    ['a server name of 70 KB', clientHello('a'.repeat(65_000))],
    ['an empty server name', clientHello('')],
    ['a server name that is an address', clientHello('127.0.0.1')],
    ['noise', Buffer.alloc(4_096, 0x16)],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ] as const) {
    it(`${name}: the tunnel ends, the process lives, and others are served`, async () => {
      const { wire } = await stage.agent.connectTo('recorder.internal:443')
      wire.send(bytes)
      await wire.closed
      expect((await stage.agent.call('GET', 'https://recorder.internal/v1/a')).status).toBe(200)
    })
  }
})

/** A TLS 1.2 ClientHello with this server name, and half a record behind it so that it is never complete nor valid. */
function clientHello(name: string): Buffer {
  const host = Buffer.from(name, 'latin1')
  const entry = Buffer.concat([Buffer.from([0]), u16(host.length & 0xffff), host])
  const extension = Buffer.concat([u16(0), u16((entry.length + 2) & 0xffff), u16(entry.length & 0xffff), entry])
  const body = Buffer.concat([u16(0x0303), Buffer.alloc(32, 7), Buffer.from([0]), u16(2), u16(0xc02f), Buffer.from([1, 0]), u16(extension.length & 0xffff), extension])
  const handshake = Buffer.concat([Buffer.from([1, (body.length >> 16) & 0xff]), u16(body.length & 0xffff), body])
  return Buffer.concat([Buffer.from([0x16]), u16(0x0301), u16(Math.min(handshake.length, 16_384)), handshake, Buffer.from([0x16, 3, 3, 0, 4, 99, 0, 0, 0])])
}

function u16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff])
}
