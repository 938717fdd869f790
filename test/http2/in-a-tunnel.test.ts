import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Received } from '../../src/proxy/exchange.ts'
import { startHarness, type Harness } from '../listener/harness.ts'
import { ask, sessionThroughTunnel, tlsThroughTunnel, valuesOf } from './h2-client.ts'

let harness: Harness
beforeAll(async () => { harness = await startHarness() })
afterAll(() => harness.close())

/** A client that lets nothing of any answer's body come. */
async function windowless(to: Harness): Promise<ClientHttp2Session> {
  const socket = await tlsThroughTunnel(to, 'api.example.com:443')
  const session = connectHttp2('https://api.example.com', { createConnection: () => socket, settings: { initialWindowSize: 0 } })
  return session.on('error', () => undefined)
}

const GET = { ':path': '/x?y=1' }

describe('HTTP/2 in an intercepted tunnel', () => {
  it('is chosen where the client offers it, and HTTP/1.1 where it does not', async () => {
    for (const [protocols, chosen] of [[['h2', 'http/1.1'], 'h2'], [['http/1.1', 'h2'], 'h2'], [['h2'], 'h2'], [['http/1.1'], 'http/1.1']] as const) {
      const socket = await tlsThroughTunnel(harness, 'api.example.com:443', { protocols })
      expect(socket.alpnProtocol).toBe(chosen)
      socket.destroy()
    }
  })

  it('makes of each stream the same request as HTTP/1.1 does, with the proofs of the CONNECT', async () => {
    const session = await sessionThroughTunnel(harness, 'api.example.com:443', { fields: 'Proxy-Authorization: Bearer t0\r\n' })
    const answer = await ask(session, { ...GET, accept: 'a/b', cookie: 'a=1', te: 'trailers', authorization: 'Bearer own' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'GET', scheme: 'https', host: 'api.example.com', port: 443, path: '/x', query: 'y=1', headers: ['accept', 'a/b'], framing: { kind: 'none' } })
    expect(harness.received.at(-1)).toMatchObject({ door: 'connect', proofs: { token: 't0' }, client: { version: '2' } })
    session.close()
  })

  it.each([['NO_ERROR', 0], ['CANCEL', 8]])('ends with a reset, also while nobody reads its body: %s', async (_name, code) => {
    const arrived = Promise.withResolvers<Received>()
    const held = await startHarness({ exchange: (one) => arrived.resolve(one) })
    const session = await sessionThroughTunnel(held, 'api.example.com:443')
    const stream = session.request({ ':path': '/x', ':method': 'POST' })
    stream.on('error', () => undefined)
    stream.write(Buffer.alloc(250_000))
    const { client } = await arrived.promise
    // Read a little, as by an upstream that takes no more for now.
    await new Promise<void>((resolve) => client.body.once('data', () => {
      client.body.pause()
      resolve()
    }))
    // As much as the windows let it: there is more than the body itself holds.
    await vi.waitFor(() => expect(client.body.readableLength).toBeGreaterThanOrEqual(client.body.readableHighWaterMark))
    for (let round = 0; round < 3; round += 1) await new Promise((resolve) => session.ping(resolve))
    const over = new Promise<void>((resolve) => client.onClose(resolve))
    stream.close(code)
    await over
    expect([client.gone, client.body.destroyed, client.body.readableEnded]).toEqual([true, true, false])
    session.destroy()
    await held.close()
  })

  it('ends a stream whose client takes nothing of a small answer, be it a refusal, also while it pings', async () => {
    const held = await startHarness({ limits: { idleTimeoutMs: 200, headerTimeoutMs: 200 } })
    const session = await windowless(held)
    const pings = setInterval(() => void session.ping(() => undefined), 20)
    const answers = await Promise.all([ask(session, GET), ask(session, { ...GET, ':authority': 'other.example.com' })])
    expect(answers.map(({ status, reset }) => [status, reset])).toEqual([[200, 'NGHTTP2_CANCEL'], [421, 'NGHTTP2_CANCEL']])
    clearInterval(pings)
    session.destroy()
    await held.close()
  })

  it('passes trailers of whatever name', async () => {
    const held = await startHarness({
      exchange: ({ client }) => {
        client.head(200, [], undefined)
        client.write(Buffer.from('x'))
        client.end(['constructor', 'a', '__proto__', 'b', 'X-C', 'c', 'x-c', 'd'])
      },
    })
    const session = await sessionThroughTunnel(held, 'api.example.com:443')
    expect((await ask(session, GET)).trailers).toEqual(['constructor', 'a', '__proto__', 'b', 'x-c', 'c', 'x-c', 'd'])
    session.destroy()
    await held.close()
  })

  it('passes bodies, of a told length and without', async () => {
    const session = await sessionThroughTunnel(harness, 'api.example.com:443')
    const unframed = await ask(session, { ':path': '/x', ':method': 'POST' }, 'one body')
    expect(JSON.parse(unframed.body)).toMatchObject({ framing: { kind: 'chunked' }, body: 'one body' })
    const framed = await ask(session, { ':path': '/x', ':method': 'POST', 'content-length': '8' }, 'one body')
    expect(JSON.parse(framed.body)).toMatchObject({ framing: { kind: 'length', bytes: 8 }, body: 'one body' })
    expect(valuesOf(framed.fields, 'content-length')).toEqual([String(framed.body.length)])
    session.close()
  })
})
