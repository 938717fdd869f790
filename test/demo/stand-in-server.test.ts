import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../src/demo/server/call.ts'
import { startStandIn, type StandInServer } from '../../src/demo/server/stand-in-server.ts'
import { emptyReply, jsonReply } from '../../src/demo/server/reply.ts'
import { paced } from '../../src/demo/server/event-stream.ts'
import { fetchTrusting, StandInClock, type TrustingFetch } from '../support/standins.ts'

describe('a stand-in server', () => {
  let server: StandInServer<unknown>
  let http: TrustingFetch
  const clock = new StandInClock()

  beforeEach(async () => {
    server = await startStandIn({ clock, names: ['localhost', 'api.example.test'], respond: answer })
    http = fetchTrusting(server.caPem)
  })
  afterEach(async () => {
    await http.close()
    await server.close()
  })

  const answer = (call: Call): ReturnType<typeof jsonReply> => {
    if (call.path === '/broken') throw new Error('a bug of the stand-in')
    if (call.path !== '/endless') return jsonReply(200, { bytes: call.body.length, host: call.hostname })
    const lines = paced({ intervalMs: 5, count: Number.POSITIVE_INFINITY, signal: call.signal, event: (index) => `${index}\n` })
    return { ...emptyReply(200), body: lines }
  }

  it('is verified by its own authority, and by no other', async () => {
    const stranger = await startStandIn({ clock, names: ['localhost'], respond: answer })
    const wrong = fetchTrusting(stranger.caPem)
    await expect(wrong.fetch(`${server.origin}/`)).rejects.toThrow('fetch failed')
    expect((await http.fetch(`${server.origin}/`)).status).toBe(200)
    expect(server.log.total).toBe(1)
    expect(server.log.connections).toBe(2)
    await wrong.close()
    await stranger.close()
  })

  it('answers on both loopback addresses to a caller that names neither', async () => {
    for (const host of ['127.0.0.1', 'localhost']) expect((await http.fetch(`https://${host}:${server.port}/`)).status).toBe(200)
  })

  it('keeps what came as it came: raw header pairs, names of the query, the first bytes of the body', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', servername: 'api.example.test', ca: server.caPem })
    await once(socket, 'secureConnect')
    socket.write('POST /a%2Fb?x=1&y=2&x=3 HTTP/1.1\r\nHoSt: api.example.test\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 5\r\n\r\nhello')
    const entry = await server.log.ended((one) => one.path === '/a%2Fb')
    socket.destroy()
    expect(entry).toMatchObject({ seq: 1, connection: 1, method: 'POST', host: 'api.example.test', status: 200, bodyBytes: 5 })
    expect(entry.rawTarget).toBe('/a%2Fb?x=1&y=2&x=3')
    expect(entry.queryNames).toEqual(['x', 'y'])
    expect(entry.body.toString()).toBe('hello')
    expect(entry.rawHeaders).toEqual([['HoSt', 'api.example.test'], ['X-Twice', '1'], ['x-twice', '2'], ['Content-Length', '5']])
  })

  it('refuses a host that it does not serve', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca: server.caPem })
    await once(socket, 'secureConnect')
    socket.write('GET / HTTP/1.1\r\nHost: evil.example.test\r\n\r\n')
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 421 /)
  })

  it.each([
    ['a broken request line', 'GET\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('answers %s with 400 and does not count it as a request answered well', async (_name, bytes) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca: server.caPem })
    await once(socket, 'secureConnect')
    socket.write(bytes)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400 /)
    expect(server.log.entries.filter((entry) => entry.status === 200)).toEqual([])
  })

  it('fails the planned number of calls in the planned place, and no other', async () => {
    server.faults.failNext(2, 503, { path: /^\/token/, headers: { 'retry-after': '7' }, body: 'later' })
    expect((await http.fetch(`${server.origin}/other`)).status).toBe(200)
    const first = await http.fetch(`${server.origin}/token`)
    expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([503, '7', 'later'])
    expect((await http.fetch(`${server.origin}/token`)).status).toBe(503)
    expect((await http.fetch(`${server.origin}/token`)).status).toBe(200)
  })

  it('cuts the socket of a call without an answer', async () => {
    server.faults.cutNext()
    await expect(http.fetch(`${server.origin}/cut`)).rejects.toThrow('fetch failed')
    expect(server.log.last).toMatchObject({ path: '/cut', status: undefined, ended: 'cut' })
    expect((await http.fetch(`${server.origin}/`)).status).toBe(200)
  })

  it('hangs until the client gives up', async () => {
    server.faults.hangNext(1, { method: 'GET' })
    const impatient = new AbortController()
    const call = http.fetch(`${server.origin}/hang`, { signal: impatient.signal }).catch((error: unknown) => String(error))
    await server.log.arrived((entry) => entry.path === '/hang')
    impatient.abort()
    expect(await call).toContain('aborted')
    expect(await server.log.ended((entry) => entry.path === '/hang')).toMatchObject({ status: undefined, ended: 'abandoned' })
  })

  it('holds a call until it is released, then answers it as ever', async () => {
    const hold = server.faults.holdNext({ path: /^\/held$/ })
    const call = http.fetch(`${server.origin}/held`)
    await hold.reached
    expect(server.log.last).toMatchObject({ path: '/held', ended: undefined })
    hold.release()
    expect((await call).status).toBe(200)
  })

  it('notices that the client of a stream has left', async () => {
    const leave = new AbortController()
    const response = await http.fetch(`${server.origin}/endless`, { signal: leave.signal })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    leave.abort()
    expect(await server.log.ended((entry) => entry.path === '/endless')).toMatchObject({ status: 200, ended: 'abandoned' })
    expect(server.problems).toEqual([])
  })

  it('closes at once, with streams open and calls held', async () => {
    server.faults.holdNext({ path: /^\/held$/ })
    const held = http.fetch(`${server.origin}/held`).catch(() => 'cut')
    const response = await http.fetch(`${server.origin}/endless`)
    const read = response.text().catch(() => 'cut')
    const waiting = server.log.ended((entry) => entry.path === '/never').catch((error: unknown) => String(error))
    await server.close()
    expect(await held).toBe('cut')
    expect(await read).toBe('cut')
    expect(await waiting).toContain('closed before')
    expect(server.log.openConnections).toBe(0)
  })

  it('refuses a body beyond its bound', async () => {
    const response = await http.fetch(`${server.origin}/`, { method: 'POST', body: Buffer.alloc(33 * 1024 * 1024) }).catch(() => undefined)
    expect([413, undefined]).toContain(response?.status)
    expect(await server.log.ended(() => true)).toMatchObject({ bodyBytes: 0 })
    expect(server.log.entries.map((entry) => entry.status)).not.toContain(200)
  })

  it('tells of its own bugs apart from the answer', async () => {
    const response = await http.fetch(`${server.origin}/broken`)
    expect([response.status, await response.text()]).toEqual([500, ''])
    expect(server.problems.map(String)).toEqual(['Error: a bug of the stand-in'])
  })

  it('refuses a port that is taken', async () => {
    await expect(startStandIn({ clock, port: server.port, names: ['localhost'], respond: answer })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('keeps a bounded number of entries and counts them all', async () => {
    const arrived = { atMs: 0, connection: 1, method: 'GET', host: '', path: '/', queryNames: [], rawTarget: '/', rawHeaders: [] }
    for (let sent = 0; sent < 2_010; sent += 1) server.log.arrive(arrived)
    expect([server.log.entries.length, server.log.total, server.log.entries[0]?.seq]).toEqual([2_000, 2_010, 11])
  })
})
