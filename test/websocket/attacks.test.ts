import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { acceptOf } from '../../src/http/websocket/accept.ts'
import { valuesOf, type Wire } from '../support/wire.ts'
import { close, frameBytes, text } from './frames.ts'
import { closed, handshake, startSocketWorld, type SocketWorld } from './socket-world.ts'

let open: SocketWorld
let proof: string
beforeAll(async () => {
  open = await startSocketWorld({ auditMode: 'relaxed', config: (yaml) => yaml.replace('listener: { ', 'listener: { websocket: { idle_timeout: 700ms }, ') })
  proof = `Authorization: Bearer ${await open.token()}`
})
afterAll(() => open.close())
beforeEach(() => {
  open.upstream.received.splice(0)
  open.upstream.respond = () => undefined
})

const MASK = Buffer.from([9, 8, 7, 6])
const path = (room: string): string => `/raw/v1/rooms/room-${room}`
const ask = (room: string, ...lines: readonly string[]): string => handshake(path(room), 'localhost', proof, ...lines)
const HIDDEN = `GET /raw/v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** A good 101 to what was asked, with lines beside it. */
function agree(received: string, ...lines: readonly string[]): string {
  const key = /sec-websocket-key: (\S+)/.exec(received)?.[1] ?? ''
  return ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptOf(key)}`, ...lines, '', ''].join('\r\n')
}

/** A WebSocket to the raw upstream, whose own end it gives too. */
async function joined(room: string): Promise<{ readonly wire: Wire; readonly upstream: Socket; readonly answer: string }> {
  const upstream = new Promise<Socket>((resolve) => {
    let answered = false
    open.upstream.respond = (socket, received) => {
      if (answered) return
      answered = true
      socket.write(agree(received, 'X-Said: yes', 'Set-Cookie: a=b', 'Alt-Svc: h3=":443"'))
      resolve(socket)
    }
  })
  const wire = await (await open.agent()).connect()
  wire.send(ask(room))
  const answer = await wire.until(/^HTTP\/1\.1 101[^]*?\r\n\r\n/)
  return { wire, upstream: await upstream, answer }
}

const record = (room: string): Promise<Record<string, unknown>> =>
  open.world.recorded(({ event, http }) => event !== 'api.started' && (http as { path?: string } | undefined)?.path?.endsWith(`/room-${room}`) === true)

describe('a handshake that is none', () => {
  // What proves the agent is known later.
  const good = handshake(path('x'), 'localhost', 'PROOF: x')
  it.each([
    ['two protocols in one field', good.replace('Upgrade: websocket', 'Upgrade: h2c, websocket'), 501, 'upgrade_refused'],
    ['another protocol', good.replace('Upgrade: websocket', 'Upgrade: tls/1.0'), 501, 'upgrade_refused'],
    ['no Connection', good.replace('Connection: Upgrade\r\n', ''), 501, 'upgrade_refused'],
    ['Connection that names another field', good.replace('Connection: Upgrade', 'Connection: Upgrade, Authorization'), 400, 'header_refused'],
    ['Upgrade twice', good.replace('Upgrade: websocket', 'Upgrade: websocket\r\nUpgrade: websocket'), 400, 'request_ambiguous'],
    ['no key', good.replace(/Sec-WebSocket-Key: \S+\r\n/, ''), 400, 'request_malformed'],
    ['two keys', good.replace(/(Sec-WebSocket-Key: \S+\r\n)/, '$1$1'), 400, 'request_ambiguous'],
    ['another version', good.replace('Version: 13', 'Version: 8'), 400, 'request_malformed'],
    ['a body', good.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nhello'), 400, 'request_ambiguous'],
    ['chunks', good.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 400, 'request_ambiguous'],
    ['an expectation', good.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'), 400, 'request_ambiguous'],
    ['POST', good.replace('GET ', 'POST '), 501, 'upgrade_refused'],
    ['HTTP/1.0', good.replace('HTTP/1.1', 'HTTP/1.0'), 501, 'upgrade_refused'],
    ['frames ahead of the answer', good + frameBytes(text('x'), MASK).toString('latin1'), 400, 'request_ambiguous'],
    ['a request behind it', good + HIDDEN, 400, 'request_ambiguous'],
  ])('with %s is refused, the connection ends, and the upstream sees nothing', async (_name, bytes, status, code) => {
    const wire = await (await open.agent()).connect()
    expect(await wire.ask(bytes.replace('PROOF: x', proof))).toMatchObject({ status, code })
    await wire.closed
    expect(open.upstream.received).toEqual([])
  })

  it('behind a request that is not answered yet is refused, and the answer before it still comes whole', async () => {
    const wire = await (await open.agent()).connect()
    open.upstream.respond = (socket) => void setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst'))
    wire.send(`GET /raw/v1/first HTTP/1.1\r\nHost: localhost\r\n${proof}\r\n\r\n${ask('behind')}`)
    expect(await wire.answer()).toMatchObject({ status: 200, body: 'first' })
    expect(await wire.answer()).toMatchObject({ status: 400, code: 'request_ambiguous' })
    await wire.closed
    expect(open.upstream.received.join('')).not.toContain('room-behind')
  })

  it('of h2c alone is a request like any: the upgrade is passed over', async () => {
    open.upstream.respond = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const agent = await open.agent()
    expect((await agent.reverse('GET', '/raw/v1/plain', { fields: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'] })).status).toBe(200)
    expect(open.upstream.received.join('')).not.toMatch(/upgrade|h2c|http2-settings/i)
  })

  it('of h2c with more behind it: its answer is the last, and what comes later is not read from its middle on', async () => {
    open.upstream.respond = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const wire = await (await open.agent()).connect()
    wire.send(`GET /raw/v1/first HTTP/1.1\r\nHost: localhost\r\n${proof}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPOST /raw/v1/behind HTTP/1.1\r\nHost: localhost\r\n`)
    const answer = await wire.answer()
    expect([answer.status, valuesOf(answer, 'connection')]).toEqual([200, ['close']])
    wire.send(`GET /raw/v1/middle HTTP/1.1\r\nHost: localhost\r\n${proof}\r\n\r\n`)
    expect((await wire.answer()).status).toBe(0)
    await wire.closed
    expect(open.upstream.received.join('')).not.toMatch(/behind|middle/)
  })
})

describe('an upstream that answers otherwise', () => {
  it.each([
    ['200 with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, 'ok'],
    ['400 in chunks', 'HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n', 400, 'no'],
    ['403 until it closes', 'HTTP/1.1 403 Forbidden\r\n\r\nnever', 403, 'never'],
    ['103, then 401', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 1\r\n\r\n!', 401, '!'],
  ])('%s is an ordinary answer, and what the client sends behind its upgrade reaches nobody', async (_name, answer, status, body) => {
    open.upstream.respond = (socket) => void socket.end(answer)
    const wire = await (await open.agent()).connect()
    wire.send(ask('fake'))
    expect(await wire.answer()).toMatchObject({ status, body, whole: true })
    wire.send(HIDDEN)
    await wire.closed
    expect(open.upstream.received).toHaveLength(1)
    expect(open.upstream.received[0]).not.toContain('hidden')
  })

  it.each([
    ['to another key', (asked: string) => agree(asked.replace(/sec-websocket-key: \S+/, 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==')), 502],
    ['with an extension', (asked: string) => agree(asked, 'Sec-WebSocket-Extensions: permessage-deflate'), 502],
    ['with a subprotocol that was not offered', (asked: string) => agree(asked, 'Sec-WebSocket-Protocol: evil'), 502],
    ['in HTTP/1.0', (asked: string) => agree(asked).replace('HTTP/1.1', 'HTTP/1.0'), 502],
    ['with a bare line feed', (asked: string) => agree(asked, 'X: a\nSet-Cookie: b'), 502],
    ['with a head of 70,000 bytes', (asked: string) => agree(asked, `X: ${'a'.repeat(70_000)}`), 502],
    ['as something else than HTTP', () => 'SSH-2.0-OpenSSH\r\n\r\n', 502],
    ['with nothing', () => '', 502],
  ])('101 %s is refused, its connection ends, and the client stays in HTTP', async (_name, answer, status) => {
    const gone = new Promise<void>((resolve) => {
      open.upstream.respond = (socket, received) => {
        socket.once('close', () => resolve())
        const bytes = answer(received)
        if (bytes === '') socket.destroy()
        else socket.write(bytes)
      }
    })
    const wire = await (await open.agent()).connect()
    const told = await wire.ask(ask('refused'))
    expect(told).toMatchObject({ status, code: 'upstream_broken' })
    await Promise.all([gone, wire.closed])
  })

  it('an answer that breaks off is cut, and its record says that it was the upstream', async () => {
    open.upstream.respond = (socket) => void socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy())
    const wire = await (await open.agent()).connect()
    wire.send(ask('half'))
    await wire.closed
    expect(await record('half')).toMatchObject({ outcome: 'failed', http: { status: 403 } })
  })

  it('101 to a GET that asked for nothing is refused', async () => {
    open.upstream.respond = (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    expect(await (await open.agent()).reverse('GET', '/raw/v1/plain')).toMatchObject({ status: 502, code: 'upstream_broken' })
  })

  it('at an address that is not permitted is never dialled', async () => {
    const agent = await open.agent()
    expect(await agent.raw(handshake('/closed/v1/rooms/room-1', 'localhost', proof))).toMatchObject({ status: 403, code: 'address_refused' })
    expect(open.upstream.received).toEqual([])
  })
})

describe('what stands beside an upstream’s 101', () => {
  it('is cleaned as any answer is, and that it was opened is on record while it is', async () => {
    const { wire, answer } = await joined('head')
    expect(await open.world.recorded(({ event, target }) => event === 'api.started' && target === 'room-head')).toMatchObject({ operation: 'WEBSOCKET /v1/rooms/{room}' })
    expect(answer).toContain('X-Said: yes\r\n')
    expect(answer).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
    expect(answer).not.toMatch(/set-cookie|alt-svc/i)
    expect(answer.match(/sec-websocket-accept/gi)).toHaveLength(1)
    wire.close()
  })
})

describe('frames that are none', () => {
  it('of an agent end the WebSocket, and never reach the upstream', async () => {
    const { wire, upstream } = await joined('unmasked')
    const heard: Buffer[] = []
    upstream.on('data', (chunk: Buffer) => heard.push(chunk))
    wire.send(frameBytes(text('not masked')))
    expect(await wire.until(/^[^]{4}/)).toBe('\x88\x02\x03\xea')
    await Promise.all([wire.closed, upstream.destroyed ? undefined : once(upstream, 'close')])
    // A close frame of ours, masked, and nothing of the agent's.
    expect(Buffer.concat(heard)).toHaveLength(8)
    expect(await record('unmasked')).toMatchObject({ outcome: 'aborted', reason: 'the agent sent a frame that is not masked', http: { bytes_in: 0 } })
  })

  it.each([
    ['masked', frameBytes(text('x'), MASK), 'a masked frame'],
    ['compressed', Buffer.from([0xc1, 0x01, 0x00]), 'a frame of an extension that was not agreed on'],
  ])('of an upstream (%s) end it too, and never reach the agent', async (room, bytes, reason) => {
    const { wire, upstream } = await joined(room)
    upstream.write(bytes)
    expect(await wire.until(/^[^]{4}/)).toBe('\x88\x02\x03\xea')
    await wire.closed
    expect(await record(room)).toMatchObject({ outcome: 'failed', reason: `the upstream sent ${reason}`, http: { bytes_out: 0 } })
  })

  it('behind a close frame are not passed', async () => {
    const { wire, upstream } = await joined('after')
    upstream.write(Buffer.concat([frameBytes(close(1000)), frameBytes(text('more'))]))
    await wire.closed
    expect(await record('after')).toMatchObject({ outcome: 'failed', reason: 'the upstream sent bytes behind a close frame' })
  })
})

describe('a WebSocket on which nothing happens', () => {
  it('ends after its time with 1001, and both sides are told', async () => {
    const { wire, upstream } = await joined('idle')
    const heard: Buffer[] = []
    upstream.on('data', (chunk: Buffer) => heard.push(chunk))
    expect(await wire.until(/^[^]{4}/)).toBe('\x88\x02\x03\xe9')
    await wire.closed
    expect(await record('idle')).toMatchObject({ outcome: 'aborted', reason: 'no byte came or went for too long', http: { status: 101 } })
    expect(Buffer.concat(heard)[0]).toBe(0x88)
  })
})

describe('a proxy that shuts down', () => {
  it('tells the agent so with 1001, and the record says why', async () => {
    const socket = await open.tunnel('/v1/rooms/room-drain')
    // An upstream that does not answer the close, and goes on holding its end.
    const { wire, upstream } = await joined('held')
    upstream.pause()
    const [ended, recorded, held] = [closed(socket), record('drain'), record('held')]
    const closing = open.world.service.close()
    expect(await wire.until(/^[^]{4}/)).toBe('\x88\x02\x03\xe9')
    wire.close()
    await closing
    expect(await ended).toBe(1001)
    for (const one of [recorded, held]) expect(await one).toMatchObject({ outcome: 'aborted', reason: 'the proxy shut down', http: { status: 101 } })
  })
})
