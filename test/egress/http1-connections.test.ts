import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import type { UpstreamSettings } from '../../src/egress/upstream-settings.ts'
import { requestHead } from '../../src/egress/http1/request-head.ts'
import { UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import type { UpstreamBody, UpstreamCall, UpstreamRequest } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'

const REQUEST: UpstreamRequest = { method: 'GET', target: '/', authority: 'a.example', fields: [], body: { kind: 'none' } }
/** More than all buffers on the way take. */
const LARGE = Buffer.alloc(16_000_000, 'x')
/** More than waits for the end of its turn. */
const LONG = `HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const servers: Server[] = []
const upstreams: Http1Upstream[] = []
const accepted: Socket[] = []
afterEach(async () => {
  for (const upstream of upstreams.splice(0)) await upstream.destroy()
  for (const socket of accepted.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => void server.close(() => resolve()))
})

/** An upstream whose dials the test ends one by one: by a socket, or an error. */
function dialled(over: Partial<UpstreamSettings> = {}): { readonly upstream: Http1Upstream; readonly dials: PromiseWithResolvers<Socket>[] } {
  const dials: PromiseWithResolvers<Socket>[] = []
  const upstream = new Http1Upstream(() => {
    const dial = Promise.withResolvers<Socket>()
    dials.push(dial)
    return dial.promise
  }, { ...UPSTREAM_SETTINGS, ...over }, systemTimers)
  upstreams.push(upstream)
  return { upstream, dials }
}

async function serving(answer: (socket: Socket, number: number) => void): Promise<() => Promise<Socket>> {
  const server = createServer((socket) => {
    let seen = 0
    socket.on('error', () => undefined)
    socket.on('data', () => answer(socket, (seen += 1)))
    accepted.push(socket)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
}

/** The first dial's connection, once the request is on it: what comes back, the test says. */
async function taken(dials: readonly PromiseWithResolvers<Socket>[]): Promise<Socket> {
  const socket = await (await serving(() => undefined))()
  dials[0]?.resolve(socket)
  await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0)
  return socket
}

/** Waits for the second dial, whose connection answers. */
async function answered(dials: readonly PromiseWithResolvers<Socket>[]): Promise<void> {
  await expect.poll(() => dials.length).toBe(2)
  dials[1]?.resolve(await (await serving((socket) => socket.write(OK)))())
}

/** @returns `ok`, or the error's message */
function ask(upstream: Http1Upstream, over: Partial<UpstreamRequest> = {}): Promise<string> {
  return new Promise((resolve) => upstream.dispatch({ ...REQUEST, ...over }, {
    onCall: () => undefined, onBodySent: () => undefined, onInterim: () => undefined, onHead: () => undefined, onData: () => undefined,
    onEnd: () => resolve('ok'),
    onError: ({ message }) => resolve(message),
  }))
}

describe('a dial that fails', () => {
  it('ends one call, and the next that waits is dialled for: none is left to wait for its time', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const asked = [ask(upstream), ask(upstream), ask(upstream)]
    dials[0]?.reject(new Error('first'))
    expect(await asked[0]).toBe('first')
    await expect.poll(() => dials.length).toBe(2)
    dials[1]?.reject(new Error('second'))
    expect(await asked[1]).toBe('second')
    await expect.poll(() => dials.length).toBe(3)
    dials[2]?.resolve(await (await serving((socket) => socket.write(OK)))())
    expect(await asked[2]).toBe('ok')
  })
})

describe('the end of an upstream', () => {
  it('comes for whoever waits for it also where everything is ended while a dial is under way', async () => {
    const { upstream, dials } = dialled()
    const asked = ask(upstream)
    const closed = upstream.close()
    await upstream.destroy()
    expect(await asked).toBe('the proxy ends')
    const socket = await (await serving(() => undefined))()
    dials[0]?.resolve(socket)
    await closed
    expect(socket.destroyed).toBe(true)
  })

  it('in order lets a request that runs be sent again where its connection turns out to be gone', async () => {
    const dial = await serving((socket, number) => { if (number === 1) socket.write(OK); else socket.destroy() })
    const { upstream, dials } = dialled()
    const first = ask(upstream)
    dials[0]?.resolve(await dial())
    expect(await first).toBe('ok')
    const second = ask(upstream)
    void upstream.close()
    await expect.poll(() => dials.length).toBe(2)
    dials[1]?.resolve(await dial())
    expect(await second).toBe('ok')
  })
})

describe('a connection', () => {
  it.each<[string, () => UpstreamBody]>([
    ['bytes', () => ({ kind: 'bytes', bytes: LARGE })],
    ['a stream that has ended', () => ({ kind: 'stream', stream: new PassThrough({ highWaterMark: LARGE.length + 1 }).end(LARGE), length: undefined })],
  ])('is not used again where the answer came while the request still waited to be sent: %s', async (_, body) => {
    const dial = await serving((socket) => {
      socket.pause()
      socket.write(OK)
    })
    const { upstream, dials } = dialled()
    const first = ask(upstream, { method: 'POST', body: body() })
    dials[0]?.resolve(await dial())
    expect(await first).toBe('ok')
    // What an upstream that answers so early makes of the rest, nobody knows: perhaps a request.
    const second = ask(upstream)
    expect(dials.length).toBe(2)
    dials[1]?.resolve(await dial())
    expect(await second).toBe('ok')
  })
})

describe('what arrives in one turn of the event loop', () => {
  it('is of one call alone: what stands behind its answer is never read as the answer to the next', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const first = ask(upstream)
    const second = ask(upstream, { target: '/second' })
    const socket = await taken(dials)
    socket.emit('data', Buffer.from(OK))
    socket.emit('data', Buffer.from(OK))
    expect(await first).toBe('ok')
    expect(socket.destroyed).toBe(true)
    await answered(dials)
    expect(await second).toBe('ok')
  })

  it('has an end behind it: the next request goes to another connection, also one that could not be sent twice', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const first = ask(upstream)
    const second = ask(upstream, { method: 'POST', target: '/second' })
    const socket = await taken(dials)
    socket.emit('data', Buffer.from(OK))
    socket.emit('end')
    expect(await first).toBe('ok')
    await answered(dials)
    expect(await second).toBe('ok')
  })

  it('is of one call alone also where it was too much to wait for the turn’s end', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const first = ask(upstream)
    const second = ask(upstream, { target: '/second' })
    const socket = await taken(dials)
    socket.emit('data', Buffer.from(LONG))
    socket.emit('data', Buffer.from(OK))
    expect(await first).toBe('ok')
    await answered(dials)
    expect(socket.destroyed).toBe(true)
    expect(await second).toBe('ok')
  })

  it('is of one call alone also where its reader wanted no more', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const first = new Promise<string>((resolve) => {
      let call: UpstreamCall | undefined
      upstream.dispatch(REQUEST, {
        onCall: (made) => { call = made },
        onBodySent: () => undefined, onInterim: () => undefined, onHead: () => undefined,
        onData: () => call?.pause(),
        onEnd: () => resolve('ok'),
        onError: ({ message }) => resolve(message),
      })
    })
    const second = ask(upstream, { target: '/second' })
    const socket = await taken(dials)
    socket.push(LONG)
    socket.push(OK)
    expect(await first).toBe('ok')
    await answered(dials)
    expect(socket.destroyed).toBe(true)
    expect(await second).toBe('ok')
  })

  it('has an end behind it also where it was too much to wait: the answer is whole, and its connection not used again', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const asked = [ask(upstream), ask(upstream, { method: 'POST', target: '/second' })]
    const socket = await taken(dials)
    socket.emit('data', Buffer.from(LONG))
    socket.emit('end')
    await answered(dials)
    expect(await Promise.all(asked)).toEqual(['ok', 'ok'])
  })

  it('leaves a connection whose long answer was read at once to the next request', async () => {
    const { upstream, dials } = dialled({ maxConnections: 1 })
    const long = `HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n${'x'.repeat(400_000)}`
    const dial = await serving((socket) => socket.write(long))
    const asked = [ask(upstream), ask(upstream), ask(upstream)]
    dials[0]?.resolve(await dial())
    expect(await Promise.all(asked)).toEqual(['ok', 'ok', 'ok'])
    expect(await ask(upstream)).toBe('ok')
    expect(dials.length).toBe(1)
  })

  it('is read before it becomes much, in however many pieces it comes: a reader that wants no more is heard', async () => {
    const { upstream, dials } = dialled()
    let read = 0
    upstream.dispatch(REQUEST, {
      onCall: () => undefined, onBodySent: () => undefined, onInterim: () => undefined, onHead: () => undefined, onEnd: () => undefined, onError: () => undefined,
      onData: (chunk) => { read += chunk.length },
    })
    const socket = await taken(dials)
    socket.emit('data', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))
    const unread: number[] = []
    for (let sent = 16_384; sent <= 10 * 16_384; sent += 16_384) {
      // As TLS gives a long body: no piece is larger.
      for (let piece = 0; piece < 4; piece += 1) socket.emit('data', Buffer.alloc(4_096))
      unread.push(sent - read)
    }
    expect(Math.max(...unread)).toBeLessThan(16_384)
  })

  it('is read before the end that came behind it', async () => {
    const { upstream, dials } = dialled()
    const bytes: string[] = []
    const whole = new Promise<string>((resolve) => upstream.dispatch(REQUEST, {
      onCall: () => undefined, onBodySent: () => undefined, onInterim: () => undefined, onHead: () => undefined,
      onData: (chunk) => bytes.push(chunk.toString()),
      onEnd: () => resolve('ok'),
      onError: ({ message }) => resolve(message),
    }))
    const socket = await taken(dials)
    socket.emit('data', Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'))
    socket.emit('data', Buffer.from('all of it'))
    socket.emit('end')
    expect(await whole).toBe('ok')
    expect(bytes.join('')).toBe('all of it')
  })
})

describe('a request’s head', () => {
  // U+010D and U+010A are CR and LF once all but their low bytes are gone.
  it.each<[string, Partial<UpstreamRequest>]>([
    ['a field', { fields: ['x-a', 'b\u010d\u010aInjected: yes'] }],
    ['a name', { fields: ['x-a\u010d\u010aInjected', 'yes'] }],
    ['the target', { target: '/\u010d\u010aInjected: yes' }],
    ['the authority', { authority: 'a\u010d\u010aInjected: yes' }],
  ])('has nothing beyond Latin-1 in %s, of which the wire would make a line break', (_, over) => {
    expect(() => requestHead({ ...REQUEST, ...over })).toThrow(TypeError)
  })
})
