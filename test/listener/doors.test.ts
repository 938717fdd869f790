import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, openConnect, readAnswers, sendRaw, startHarness, tlsThrough, told, type Harness } from './harness.ts'

let harness: Harness
beforeAll(async () => { harness = await startHarness() })
afterAll(() => harness.close())

function canonical(): unknown {
  const one = harness.received.at(-1)
  return one && { door: one.door, prefix: one.prefix, ...one.request }
}

describe('the three doors', () => {
  it('reverse mode: the prefix is taken off, the agent’s token is that of Authorization, and client credentials are gone', async () => {
    const answer = await sendRaw(harness.listener.port, 'GET /github/repos/a/b?x=1 HTTP/1.1\r\nHost: 127.0.0.1:9\r\nAuthorization: Bearer abc.def.ghi\r\nCookie: a=b\r\nAccept: */*\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n')
    expect(told(answer).status).toBe(200)
    expect(canonical()).toEqual({
      door: 'reverse', prefix: 'github', method: 'GET', scheme: 'http', host: '127.0.0.1', port: 9, path: '/repos/a/b', query: 'x=1',
      headers: ['Accept', '*/*'], contentType: undefined, framing: { kind: 'none' },
    })
    expect(harness.received.at(-1)?.proofs).toEqual({ token: 'abc.def.ghi', delegationToken: undefined, certificate: undefined, bound: undefined })
  })

  it('absolute form: the target is the host, the token that of Proxy-Authorization', async () => {
    const basic = Buffer.from('agent:tok-1').toString('base64')
    const answer = await sendRaw(harness.listener.port, `POST http://API.example.com:8080/a%20b HTTP/1.1\r\nHost: api.example.com:8080\r\nProxy-Authorization: Basic ${basic}\r\nAuthorization: Bearer mine\r\nPostern-Delegation: d.e.f\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: 2\r\n\r\nhi`)
    expect(told(answer).status).toBe(200)
    expect(answer).toContain('"body":"hi"')
    expect(canonical()).toEqual({
      door: 'absolute', prefix: undefined, method: 'POST', scheme: 'http', host: 'api.example.com', port: 8080, path: '/a%20b', query: undefined,
      headers: ['Content-Type', 'text/plain; charset=UTF-8'], contentType: 'text/plain', framing: { kind: 'length', bytes: 2 },
    })
    expect(harness.received.at(-1)?.proofs).toMatchObject({ token: 'tok-1', delegationToken: 'd.e.f' })
  })

  it('CONNECT: TLS is ended with a leaf for the host, and the request carries the proofs of its CONNECT', async () => {
    const socket = await tlsThrough(harness, 'api.example.com:443', { fields: 'Proxy-Authorization: Bearer a.b.c\r\n' })
    const answer = await ask(socket, 'GET /x HTTP/1.1\r\nHost: api.example.com\r\nProxy-Authorization: Bearer inner\r\nAuthorization: x\r\n\r\n')
    expect(told(answer).status).toBe(200)
    expect(canonical()).toEqual({
      door: 'connect', prefix: undefined, method: 'GET', scheme: 'https', host: 'api.example.com', port: 443, path: '/x', query: undefined,
      headers: [], contentType: undefined, framing: { kind: 'none' },
    })
    expect(harness.received.at(-1)?.proofs.token).toBe('a.b.c')
  })

  it('CONNECT to a plain-HTTP port: the inside is plain HTTP/1.1, request after request', async () => {
    const { socket, head } = await openConnect(harness.listener.port, 'api.example.com:80')
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    const two = 'GET /1 HTTP/1.1\r\nHost: api.example.com\r\n\r\nGET /2 HTTP/1.1\r\nHost: api.example.com:80\r\n\r\n'
    const answer = await ask(socket, two, 2)
    expect(answer.match(/"path":"\/\d"/g)).toEqual(['"path":"/1"', '"path":"/2"'])
    expect(canonical()).toMatchObject({ door: 'connect', scheme: 'http', host: 'api.example.com', port: 80 })
  })

  it('TLS and a request that were sent ahead of the answer to CONNECT are not lost', async () => {
    const { connect } = await import('node:net')
    const socket = connect(harness.listener.port, '127.0.0.1')
    socket.write('CONNECT api.example.com:80 HTTP/1.1\r\n\r\nGET /early HTTP/1.1\r\nHost: api.example.com\r\n\r\n')
    const answer = await readAnswers(socket, 2)
    expect(answer).toContain('"path":"/early"')
  })
})
