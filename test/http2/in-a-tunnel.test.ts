import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHarness, type Harness } from '../listener/harness.ts'
import { ask, sessionThroughTunnel, tlsThroughTunnel, valuesOf } from './h2-client.ts'

let harness: Harness
beforeAll(async () => { harness = await startHarness() })
afterAll(() => harness.close())

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
