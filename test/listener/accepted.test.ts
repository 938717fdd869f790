import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../src/http/request.ts'
import { sendRaw, startHarness, told, type Harness } from './harness.ts'

let harness: Harness
beforeAll(async () => { harness = await startHarness() })
afterAll(() => harness.close())

const NOTHING: CanonicalRequest = {
  method: 'GET', scheme: 'http', host: 'localhost', port: 80, path: '/a', query: undefined, headers: [], contentType: undefined, framing: { kind: 'none' },
}

const rows: readonly (readonly [name: string, bytes: string, differs: Partial<CanonicalRequest>])[] = [
  ['the least there is', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n', {}],
  ['HTTP/1.0', 'GET /github/a HTTP/1.0\r\nHost: localhost\r\n\r\n', {}],
  ['the prefix alone', 'GET /github HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/' }],
  ['the prefix and a slash', 'GET /github/ HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/' }],
  ['an empty query', 'GET /github/a? HTTP/1.1\r\nHost: localhost\r\n\r\n', { query: '' }],
  ['a query with a second question mark', 'GET /github/a?b=c?d HTTP/1.1\r\nHost: localhost\r\n\r\n', { query: 'b=c?d' }],
  ['%2F and %25, left to the catalogue', 'GET /github/contents/src%2Findex.ts/100%25 HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/contents/src%2Findex.ts/100%25' }],
  ['escaped UTF-8', 'GET /github/%E6%97%A5%25 HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/%E6%97%A5%25' }],
  ['brackets as browsers leave them', 'GET /github/users/dependabot[bot] HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/users/dependabot[bot]' }],
  ['dots that are no segment of their own', 'GET /github/a...b/.git/..c HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/a...b/.git/..c' }],
  ['an empty last segment', 'GET /github/a/ HTTP/1.1\r\nHost: localhost\r\n\r\n', { path: '/a/' }],
  ['absolute form without a path', 'GET http://api.example.com HTTP/1.1\r\nHost: api.example.com:80\r\n\r\n', { host: 'api.example.com', path: '/' }],
  ['absolute form with a query and no path', 'GET http://api.example.com?x HTTP/1.1\r\nHost: api.example.com\r\n\r\n', { host: 'api.example.com', path: '/', query: 'x' }],
  ['absolute form of https', 'GET https://api.example.com/a HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n', { host: 'api.example.com', scheme: 'https', port: 443 }],
  ['a length', 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello', { method: 'POST', framing: { kind: 'length', bytes: 5 } }],
  ['a length with white space around', 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: \t 5 \r\n\r\nhello', { method: 'POST', framing: { kind: 'length', bytes: 5 } }],
  ['chunked in any case, extensions dropped', 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n', { method: 'POST', framing: { kind: 'chunked' } }],
  ['a length of nothing on GET', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n', { framing: { kind: 'length', bytes: 0 } }],
  ['a media type with parameters', 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: Application/JSON; charset="utf-8"\r\nContent-Length: 2\r\n\r\n{}', {
    method: 'POST', framing: { kind: 'length', bytes: 2 }, contentType: 'application/json', headers: ['Content-Type', 'Application/JSON; charset="utf-8"'],
  }],
  ['end-to-end fields in their order and spelling, repeated ones too', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nX-b: 1\r\naccept: a\r\nx-B: 2\r\nAccept-Encoding: gzip\r\n\r\n', {
    headers: ['X-b', '1', 'accept', 'a', 'x-B', '2', 'Accept-Encoding', 'gzip'],
  }],
  ['Latin-1 in a value', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nX-A: \xe9\tz\r\n\r\n', { headers: ['X-A', '\xe9\tz'] }],
  ['hop-by-hop and forwarding fields, dropped', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, close\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: X\r\nVia: 1.1 x\r\nForwarded: for=a\r\nX-Forwarded-Uri: /b\r\nX-Original-URL: /c\r\nX-Rewrite-Url: /d\r\nX-Real-IP: 1\r\nProxy-Connection: close\r\nProxy-Anything: 1\r\n\r\n', {}],
  ['client credentials, stripped', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nCookie: a\r\nX-Api-Key: k\r\nPrivate-Token: k\r\nX-Acme-Access-Token: k\r\nX-Anything-Secret: k\r\nX-Goog-Api-Key: k\r\nDPoP: k\r\nPostern-Session: k\r\nProxy-Authorization: Bearer k\r\n\r\n', {}],
  ['an h2c upgrade is passed over', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n', {}],
  ['an IPv6 address as our own name', 'GET /github/a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n', { host: '[::1]', port: 8080 }],
  ['an empty content type', 'GET /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Type:\r\n\r\n', { headers: ['Content-Type', ''] }],
]

describe('raw requests that are accepted', () => {
  for (const [name, bytes, differs] of rows) {
    it(`${name}: exactly this canonical form`, async () => {
      const answer = await sendRaw(harness.listener.port, bytes)
      expect(told(answer).status).toBe(200)
      expect(harness.received.at(-1)?.request).toEqual({ ...NOTHING, ...differs })
    })
  }

  it('accepts the token as Bearer, as GitHub’s token, and as the password of Basic', async () => {
    for (const field of ['Bearer tok-1', 'bearer  tok-1', 'token tok-1', `Basic ${Buffer.from('any:tok-1').toString('base64')}`]) {
      await sendRaw(harness.listener.port, `GET /github/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${field}\r\n\r\n`)
      expect(harness.received.at(-1)?.proofs.token).toBe('tok-1')
    }
  })

  it('handles pipelined requests in their order, and keeps the connection', async () => {
    const bytes = [1, 2, 3].map((n) => `POST /github/${n} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n${n}`).join('')
    const answer = await sendRaw(harness.listener.port, bytes, 3)
    expect(answer.match(/"body":"\d"/g)).toEqual(['"body":"1"', '"body":"2"', '"body":"3"'])
    expect(told(answer).close).toBe(false)
  })

  it('answers what came before a malformed request, then refuses it, then reads no further', async () => {
    const before = harness.refused.length
    const good = 'GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const answer = await sendRaw(harness.listener.port, `${good}BAD\r\n\r\n${good}`, 9)
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(harness.refused.length - before).toBe(1)
  })

  it('never reads the rest of a refused request’s body as a next request', async () => {
    const [received, refused] = [harness.received.length, harness.refused.length]
    const inner = 'GET /github/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const bytes = `POST /github/../a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${inner.length}\r\n\r\n${inner}${inner}`
    const answer = await sendRaw(harness.listener.port, bytes, 9)
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400'])
    expect([harness.received.length - received, harness.refused.length - refused]).toEqual([0, 1])
  })

  it('lets a client that waits for 100 Continue go on only when the exchange says so', async () => {
    const head = 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'
    const answer = await sendRaw(harness.listener.port, `${head}hi`)
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
    const refused = await sendRaw(harness.listener.port, head.replace('/a', '/../a'))
    expect(told(refused)).toEqual({ status: 400, code: 'path_refused', close: true })
    expect(refused).not.toContain('100 Continue')
  })

  it('tells the sink what it could read of a refused request, without the query', async () => {
    await sendRaw(harness.listener.port, 'POST /github//a?token=hunter2 HTTP/1.1\r\nHost: LOCALHOST\r\nContent-Length: 0\r\n\r\n')
    expect(harness.refused.at(-1)).toMatchObject({ door: 'reverse', method: 'POST', host: 'LOCALHOST', path: '/github//a', status: 400 })
    expect(JSON.stringify(harness.refused.at(-1))).not.toContain('hunter2')
  })
})
