import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Roster } from '../../src/lib/roster.ts'
import type { ClientSide } from '../../src/proxy/client-side.ts'
import type { Received } from '../../src/proxy/exchange.ts'
import { watchHalfClosed } from '../../src/proxy/listener/half-closed.ts'
import type { Http1Client } from '../../src/proxy/listener/http1-client.ts'
import { sessionOn } from '../http2/h2-client.ts'
import { ManualTime } from '../issuance/manual-time.ts'
import { makeIdentities, startHarness, untilHead, type Harness } from './harness.ts'

const reverse = (path: string): string => `GET /github${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const absolute = (path: string): string => `GET http://api.example.com${path} HTTP/1.1\r\nHost: api.example.com\r\n\r\n`
const inner = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: api.example.com\r\n\r\n`
/** A client that has gone is noticed within this, wherever something can be shown to it. */
const SOON = { timeout: 1_000, interval: 5 }
/** By then a client that waits was shown three bytes. */
const A_WHILE_MS = 350
const GREETING = Buffer.from([5, 1, 0])
const TO_TLS = Buffer.from([5, 1, 0, 3, 15, ...Buffer.from('api.example.com'), 1, 187])

/** Whose answers are to come, by the paths of their requests. */
const held = new Map<string, ClientSide>()
let paths = 0
const newPath = (): string => `/${++paths}`
let plain: Harness
let overTls: Harness
let root: string

beforeAll(async () => {
  const exchange = ({ client, request }: Received): void => {
    client.body.resume()
    held.set(request.path, client)
  }
  const identities = await makeIdentities()
  root = identities.root.certificatePem
  const bound = { agent: 'agent:pr-reviewer', delegationToken: () => undefined }
  plain = await startHarness({ exchange, bound, socksAddress: '127.0.0.1:0' })
  overTls = await startHarness({ exchange, tls: { identity: identities.server, clientCaPem: undefined, trustDomain: undefined } })
})
afterAll(async () => {
  await plain.close()
  await overTls.close()
})

/** Half-open, so that it may end its side and read on. */
async function reach(port: number | undefined): Promise<Socket> {
  const socket = connectSocket({ port: port ?? 0, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  await once(socket, 'connect')
  return socket
}

async function secured(below: Socket, options: { readonly servername: string; readonly ca: string; readonly protocol?: string }): Promise<TLSSocket> {
  const { protocol = 'http/1.1', ...rest } = options
  const socket = connectTls({ socket: below, ...rest, ALPNProtocols: [protocol] })
  await once(socket, 'secureConnect')
  return socket
}

async function tunnelled(socket: Socket, target: string): Promise<Socket> {
  socket.write(`CONNECT ${target} HTTP/1.1\r\n\r\n`)
  await untilHead(socket)
  return socket.resume()
}

async function bySocks(): Promise<Socket> {
  const socket = await reach(plain.listener.socks?.port)
  socket.write(GREETING)
  await once(socket, 'data')
  socket.write(TO_TLS)
  await once(socket, 'data')
  return socket
}

const toPlain = (): Promise<Socket> => reach(plain.listener.port)
const toTls = async (): Promise<Socket> => secured(await reach(overTls.listener.port), { servername: 'localhost', ca: root })
const inside = (socket: Socket, harness: Harness): Promise<Socket> => secured(socket, { servername: 'api.example.com', ca: harness.roots })

/** Each way in, and how a request is written there. */
const DOORS: readonly (readonly [door: string, write: (path: string) => string, open: () => Promise<Socket>])[] = [
  ['reverse mode', reverse, toPlain],
  ['the absolute form', absolute, toPlain],
  ['a tunnel of plain HTTP', inner, async () => tunnelled(await toPlain(), 'api.example.com:80')],
  ['an intercepted tunnel', inner, async () => inside(await tunnelled(await toPlain(), 'api.example.com:443'), plain)],
  ['an intercepted tunnel by SOCKS5', inner, async () => inside(await bySocks(), plain)],
  ['TLS, reverse mode', reverse, toTls],
  ['TLS, a tunnel of plain HTTP', inner, async () => tunnelled(await toTls(), 'api.example.com:80')],
  ['TLS, an intercepted tunnel', inner, async () => inside(await tunnelled(await toTls(), 'api.example.com:443'), overTls)],
]

/** Everything that comes until the other side ends too. */
async function rest(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
  socket.on('error', () => undefined)
  await once(socket, 'close')
  return text
}

async function heldClient(path: string): Promise<ClientSide> {
  await vi.waitFor(() => expect(held.has(path)).toBe(true), SOON)
  return held.get(path) as ClientSide
}


const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe.concurrent.each(DOORS)('by %s', (_door, write, open) => {
  it('a client that ends its side behind its request gets its whole answer, and then the end', async () => {
    const path = newPath()
    const socket = await open()
    const text = rest(socket)
    socket.end(write(path))
    const client = await heldClient(path)
    await wait(A_WHILE_MS)
    expect([client.gone, client.begun]).toEqual([false, false])
    client.head(200, ['content-type', 'text/plain'], undefined)
    client.write(Buffer.from('first'))
    await wait(A_WHILE_MS)
    client.write(Buffer.from('second'))
    client.end()
    const answer = await text
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\n/)
    expect(answer).toMatch(/\r\n0{0,7}5\r\nfirst\r\n0{0,7}6\r\nsecond\r\n0+\r\n\r\n$/)
  })

  it('a client that goes before its answer is noticed', async () => {
    const path = newPath()
    const socket = await open()
    socket.write(write(path))
    const client = await heldClient(path)
    socket.destroy()
    await expect.poll(() => client.gone, SOON).toBe(true)
  })

  it('a client that goes within an answer that is silent is noticed', async () => {
    const path = newPath()
    const socket = await open()
    socket.write(write(path))
    const client = await heldClient(path)
    client.head(200, [], undefined)
    await once(socket, 'data')
    socket.destroy()
    await expect.poll(() => client.gone, SOON).toBe(true)
  })
})

/** How a client of plain HTTP that ends its side at once fares. */
async function ended(...requests: readonly string[]): Promise<{ readonly text: Promise<string> }> {
  const socket = await toPlain()
  const text = rest(socket)
  socket.end(requests.join(''))
  return { text }
}

const post = (path: string, framing: string): string => `${reverse(path).replace('GET', 'POST').slice(0, -2)}${framing}`

describe.concurrent('a client that ends its side', () => {
  it('behind several requests gets all their answers in their order', async () => {
    const [one, other] = [newPath(), newPath()]
    const { text } = await ended(reverse(one), absolute(other))
    const second = await heldClient(other)
    const first = await heldClient(one)
    second.answer(200, [], Buffer.from('second'))
    await wait(A_WHILE_MS)
    expect(first.gone).toBe(false)
    first.answer(200, [], Buffer.from('first'))
    const bodies = (await text).split(/(?=HTTP\/1\.1 )/)
    expect(bodies.map((answer) => answer.replace(/^.*\r\n\r\n/s, ''))).toEqual(['first', 'second'])
    expect(bodies.every((answer) => answer.startsWith('HTTP/1.1 200 OK\r\n'))).toBe(true)
  })

  it('and waits behind another of its requests is waited for in turn', async () => {
    const [one, other] = [newPath(), newPath()]
    const { text } = await ended(reverse(one), reverse(other))
    const second = await heldClient(other)
    held.get(one)?.answer(204, [], undefined)
    await wait(A_WHILE_MS)
    expect([second.gone, second.begun]).toEqual([false, false])
    second.answer(200, [], Buffer.from('second'))
    expect(await text).toMatch(/^HTTP\/1\.1 204 No Content\r\n.*\r\n\r\nHTTP\/1\.1 200 OK\r\n.*second$/s)
  })

  it.each([
    ['of HTTP/1.0', (path: string) => reverse(path).replace('HTTP/1.1', 'HTTP/1.0'), ''],
    ['with a body that it sent whole', (path: string) => post(path, 'Content-Length: 4\r\n\r\nbody'), ''],
    ['with a body in chunks', (path: string) => post(path, 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'), ''],
    ['that awaited a 100, and sent its body all the same', (path: string) => post(path, 'Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody'), 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
  ])('behind a request %s gets one well-formed answer', async (_what, write, interim) => {
    const path = newPath()
    const { text } = await ended(write(path))
    const client = await heldClient(path)
    await wait(A_WHILE_MS)
    client.sendContinue()
    if (interim !== '') client.interim(103, ['link', '</a>'])
    await wait(A_WHILE_MS)
    client.answer(200, ['content-type', 'text/plain'], Buffer.from('answer'))
    const answer = await text
    expect(answer.slice(0, interim.length)).toBe(interim)
    expect(answer.slice(interim.length)).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\n(?:[a-z-]+: .*\r\n)*\r\nanswer$/i)
  })

  it('within its request’s body has broken off', async () => {
    const path = newPath()
    const { text } = await ended(post(path, 'Content-Length: 9\r\n\r\nhalf'))
    const client = await heldClient(path)
    await expect.poll(() => client.gone, SOON).toBe(true)
    expect(await text).toMatch(/^HTTP\/1\.1 400 .*"code":"request_malformed"/s)
  })

  it('with nothing under way is answered by the end, and so is one whose answer was written', async () => {
    expect(await (await ended()).text).toBe('')
    const path = newPath()
    const socket = await toPlain()
    socket.write(reverse(path))
    const client = await heldClient(path)
    client.answer(200, [], Buffer.from('answer'))
    await once(socket, 'data')
    socket.end()
    expect(await rest(socket)).toBe('')
  })
})

describe.concurrent('over HTTP/2, where a stream has an end of its own', () => {
  const h2 = { protocol: 'h2' }
  it.each([
    ['in a tunnel', async () => secured(await tunnelled(await toPlain(), 'api.example.com:443'), { servername: 'api.example.com', ca: plain.roots, ...h2 }), ''],
    ['over TLS', async () => secured(await reach(overTls.listener.port), { servername: 'localhost', ca: root, ...h2 }), '/github'],
  ])('a client that ends its side of the connection has gone: %s', async (_door, open, prefix) => {
    const path = newPath()
    const socket = await open()
    const session = await sessionOn(socket, socket.servername || 'localhost')
    const asked = session.request({ ':path': `${prefix}${path}` })
    asked.on('error', () => undefined)
    const client = await heldClient(path)
    socket.end()
    await expect.poll(() => client.gone, SOON).toBe(true)
  })
})

describe('an answer of a length that was told, which has nothing that can be shown ahead', () => {
  it.each([
    ['that moves is kept', 100, true],
    ['that stands still is given up after four seconds', 0, false],
  ])('%s', async (_what, step, kept) => {
    const time = new ManualTime()
    const socket = { destroyed: false, bytesWritten: 0, once: () => socket, destroy: () => { socket.destroyed = true } }
    const open = new Roster<Http1Client>()
    open.add({ showByte: () => 'speechless' } as unknown as Http1Client)
    watchHalfClosed({ open }, socket as unknown as Socket, time)
    await time.advance(3_900)
    expect(socket.destroyed).toBe(false)
    for (let times = 0; times < 10; times += 1) {
      socket.bytesWritten += step
      await time.advance(500)
    }
    expect([socket.destroyed, time.pending]).toEqual([!kept, kept ? 1 : 0])
  })
})
