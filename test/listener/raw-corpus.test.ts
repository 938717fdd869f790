import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Received } from '../../src/proxy/exchange.ts'
import { ask, openConnect, sendRaw, startHarness, tlsThrough, told, type Harness } from './harness.ts'
import { BROKEN_BODIES, REFUSED } from './raw-corpus.ts'

let harness: Harness
beforeAll(async () => { harness = await startHarness() })
afterAll(() => harness.close())

describe('raw requests that can be read in two ways, or in none', () => {
  it('are at least 150', () => {
    expect(REFUSED.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(150)
  })

  for (const { family, cases } of REFUSED) {
    describe(`of the family ${family}`, () => {
      for (const { name, bytes, status, code } of cases) {
        it(`${name}: ${status} ${code}, told once, nothing accepted`, async () => {
          const [refusedBefore, receivedBefore] = [harness.refused.length, harness.received.length]
          const answer = await sendRaw(harness.listener.port, bytes)
          expect(told(answer)).toEqual({ status, code: bytes.startsWith('HEAD') ? undefined : code, close: true })
          expect(harness.received.length).toBe(receivedBefore)
          const refusals = harness.refused.slice(refusedBefore)
          expect(refusals.map(({ denial, status: toldStatus }) => [denial.denial, toldStatus])).toEqual([[code, status]])
          expect(answer).toMatch(new RegExp(`^Proxy-Status: postern; error=.* decision=${refusals[0]?.id}"\r$`, 'm'))
        })
      }
    })
  }
})

describe('a body that breaks its framing', () => {
  for (const [name, body] of BROKEN_BODIES) {
    it(`${name}: 400 once, and the exchange never sees its end`, async () => {
      let ended = false
      let broken = false
      const own = await startHarness({
        exchange: ({ client }: Received) => {
          client.body.on('end', () => { ended = true })
          client.body.on('close', () => { broken = !client.received })
          client.body.resume()
        },
      })
      const answer = await sendRaw(own.listener.port, `POST /github/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}GET /github/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`, 9)
      await own.close()
      expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400'])
      expect([ended, broken]).toEqual([false, true])
      expect(own.received.map(({ request }) => request.path)).toEqual(['/a'])
    })
  }
})

describe('inside a tunnel', () => {
  const rows: readonly (readonly [name: string, bytes: string, status: number, code: string])[] = [
    ['another Host', 'GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n', 421, 'authority_mismatch'],
    ['a Host with another port', 'GET / HTTP/1.1\r\nHost: api.example.com:8443\r\n\r\n', 421, 'authority_mismatch'],
    ['a Host with a trailing dot', 'GET / HTTP/1.1\r\nHost: api.example.com.\r\n\r\n', 421, 'authority_mismatch'],
    ['an address as Host', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 421, 'authority_mismatch'],
    ['an absolute target of another host', 'GET https://other.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 421, 'authority_mismatch'],
    ['an absolute target of another port', 'GET https://api.example.com:8443/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 421, 'authority_mismatch'],
    ['an absolute target of the other scheme', 'GET http://api.example.com:443/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 421, 'authority_mismatch'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'request_malformed'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: api.example.com\r\nHost: api.example.com\r\n\r\n', 400, 'request_ambiguous'],
    ['a CONNECT in the tunnel', 'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 400, 'request_malformed'],
    ['CL and TE', 'POST / HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'request_ambiguous'],
    ['obs-fold', 'GET / HTTP/1.1\r\nHost: api.example.com\r\nX: a\r\n b\r\n\r\n', 400, 'request_malformed'],
    ['a dot segment', 'GET /a/../b HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 400, 'path_refused'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: api.example.com\r\n\r\n', 405, 'method_refused'],
    ['two protocols', 'GET / HTTP/1.1\r\nHost: api.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket, foo\r\n\r\n', 501, 'upgrade_refused'],
    ['the HTTP/2 preface by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 403, 'tunnel_not_intercepted'],
    ['a delegation that its CONNECT did not show', 'GET / HTTP/1.1\r\nHost: api.example.com\r\nPostern-Delegation: a.b.c\r\n\r\n', 400, 'header_refused'],
    ['headers over the bound', `GET / HTTP/1.1\r\nHost: api.example.com\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ]
  for (const [name, bytes, status, code] of rows) {
    it(`TLS: ${name}: ${status} ${code}`, async () => {
      const [refusedBefore, receivedBefore] = [harness.refused.length, harness.received.length]
      const answer = await ask(await tlsThrough(harness, 'api.example.com:443'), bytes)
      expect(told(answer)).toEqual({ status, code, close: true })
      expect(harness.refused.slice(refusedBefore).map(({ denial, door }) => [denial.denial, door])).toEqual([[code, 'connect']])
      expect(harness.received.length).toBe(receivedBefore)
    })
  }

  it('plain HTTP: another Host is refused as well', async () => {
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:80')
    expect(told(await ask(socket, 'GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n'))).toEqual({ status: 421, code: 'authority_mismatch', close: true })
  })

  it('a server name other than that of the CONNECT is refused, though Host is right', async () => {
    const socket = await tlsThrough(harness, 'api.example.com:443', { servername: 'other.example.com' })
    expect(told(await ask(socket, 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n'))).toMatchObject({ status: 421, code: 'authority_mismatch' })
  })

  it('no server name at all is fine', async () => {
    const socket = await tlsThrough(harness, 'api.example.com:443', { servername: '' })
    expect(told(await ask(socket, 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n')).status).toBe(200)
  })

  for (const [name, target, host, path] of [
    ['Host with the default port', 'api.example.com:443', 'api.example.com:443', '/x'],
    ['another case everywhere', 'API.Example.COM:443', 'aPi.example.com', '/x'],
    ['an absolute target', 'api.example.com:443', 'api.example.com', 'https://api.example.com/x'],
    ['a port of its own', 'api.example.com:8443', 'api.example.com:8443', '/x'],
  ] as const) {
    it(`${name} passes, and is the same canonical host`, async () => {
      const socket = await tlsThrough(harness, target)
      expect(told(await ask(socket, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200)
      const port = target.endsWith(':8443') ? 8443 : 443
      expect(harness.received.at(-1)?.request).toMatchObject({ scheme: 'https', host: 'api.example.com', port, path: '/x' })
    })
  }
})
