import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import type { UpstreamSettings } from '../../src/egress/upstream-settings.ts'
import type { UpstreamBody, UpstreamCall, UpstreamRequest } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'

interface Told {
  readonly call: UpstreamCall
  readonly interim: number[]
  status: number | undefined
  fields: readonly string[]
  body: string
  sent: number
  trailers: readonly string[] | undefined
  error: Error | undefined
  readonly over: Promise<void>
}

interface RawUpstream {
  readonly upstream: Http1Upstream
  readonly sockets: Socket[]
  /** What came on each connection, in the order of connections. */
  readonly received: string[]
  ask(over?: Partial<UpstreamRequest>, use?: (call: UpstreamCall) => void): Told
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A server that says what the test says, byte by byte. */
async function world(answer: (socket: Socket, request: string, number: number) => void, over: Partial<UpstreamSettings> = {}): Promise<RawUpstream> {
  const sockets: Socket[] = []
  const received: string[] = []
  const server: Server = createServer((socket) => {
    const at = sockets.push(socket) - 1
    received.push('')
    let seen = 0
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      received[at] += text
      answer(socket, text, (seen += 1))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const upstream = new Http1Upstream(dial, { ...UPSTREAM_SETTINGS, ...over }, systemTimers)
  open.push({
    close: async () => {
      await upstream.destroy()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  })
  return { upstream, sockets, received, ask: (request, use) => ask(upstream, request, use) }
}

function ask(upstream: Http1Upstream, over: Partial<UpstreamRequest> = {}, use?: (call: UpstreamCall) => void): Told {
  const over_ = Promise.withResolvers<void>()
  const told = { interim: [] as number[], status: undefined as number | undefined, fields: [] as readonly string[], body: '', sent: 0, trailers: undefined as readonly string[] | undefined, error: undefined as Error | undefined, over: over_.promise, call: undefined as UpstreamCall | undefined }
  upstream.dispatch({ method: 'GET', target: '/a?b=c', authority: 'api.example.com', fields: ['accept', '*/*'], body: { kind: 'none' }, ...over }, {
    onCall: (call) => {
      told.call = call
      use?.(call)
    },
    onBodySent: (bytes) => { told.sent += bytes },
    onInterim: (status) => { told.interim.push(status) },
    onHead: (status, fields) => {
      told.status = status
      told.fields = fields
    },
    onData: (chunk) => { told.body += chunk.toString('latin1') },
    onEnd: (trailers) => {
      told.trailers = trailers
      over_.resolve()
    },
    onError: (error) => {
      told.error = error
      over_.resolve()
    },
  })
  return told as Told
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a request', () => {
  it('goes out as one head with our Host, the fields as they are, and nothing else', async () => {
    const { ask: send, received } = await world((socket) => socket.write(OK))
    await send().over
    expect(received).toEqual(['GET /a?b=c HTTP/1.1\r\nhost: api.example.com\r\naccept: */*\r\n\r\n'])
  })

  it.each<readonly [string, string, UpstreamBody, string]>([
    ['bytes with their length', 'POST', { kind: 'bytes', bytes: Buffer.from('abc') }, 'content-length: 3\r\n\r\nabc'],
    ['an empty body of a method that has one', 'POST', { kind: 'none' }, 'content-length: 0\r\n\r\n'],
    ['a stream of a known length', 'PUT', { kind: 'stream', stream: new PassThrough().end('abcd'), length: 4 }, 'content-length: 4\r\n\r\nabcd'],
    ['a stream of no known length in chunks', 'PUT', { kind: 'stream', stream: new PassThrough().end('abcd'), length: undefined }, 'transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n'],
  ])('has %s', async (_, method, body, sent) => {
    const { ask: send, received } = await world((socket, text) => {
      if (received[0]?.endsWith(sent) === true || text.endsWith(sent)) socket.write(OK)
    })
    const told = send({ method, body })
    await told.over
    expect([told.body, received[0]?.endsWith(sent)]).toEqual(['ok', true])
  })

  it.each([['\r\nInjected: yes'], ['\nX: y'], ['\rX: y']])('never goes out with a line break in a field: %j', async (value) => {
    const { ask: send, received } = await world((socket) => socket.write(OK))
    const told = send({ fields: ['x-a', `b${value}`] })
    await told.over
    expect([told.error?.message, received.join('')]).toEqual(['a line break in a part of a request’s head', ''])
  })

  it('is broken off with its connection where the body ends early, or is longer than it said', async () => {
    const { ask: send, sockets } = await world(() => undefined)
    const ends = send({ method: 'PUT', body: { kind: 'stream', stream: new PassThrough().end('ab'), length: 3 } })
    const longer = send({ method: 'PUT', body: { kind: 'stream', stream: new PassThrough().end('abcd'), length: 3 } })
    await Promise.all([ends.over, longer.over])
    expect([ends.error, longer.error]).toMatchObject([{ code: 'request_incomplete' }, { code: 'request_incomplete' }])
    await expect.poll(() => sockets.map(({ destroyed, readableEnded }) => destroyed || readableEnded)).toEqual([true, true])
  })
})

describe('connections', () => {
  it('are used again, one request at a time', async () => {
    const { ask: send, sockets } = await world((socket) => socket.write(OK))
    for (let times = 0; times < 5; times += 1) await send().over
    expect(sockets.length).toBe(1)
    await Promise.all([send().over, send().over])
    expect(sockets.length).toBe(2)
  })

  it.each([
    ['the answer says close', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'],
    ['the answer is of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['bytes follow behind the answer', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
  ])('are not used again where %s', async (_, answer) => {
    const { ask: send, sockets } = await world((socket) => socket.write(answer))
    expect((await finished(send())).body).toBe('ok')
    expect((await finished(send())).body).toBe('ok')
    expect(sockets.length).toBe(2)
  })

  it('are not used again where the answer came before the request was sent whole', async () => {
    const { ask: send, sockets } = await world((socket, _, number) => { if (number === 1) socket.write(OK) })
    const stream = new PassThrough()
    stream.write('begun')
    expect((await finished(send({ method: 'PUT', body: { kind: 'stream', stream, length: undefined } }))).body).toBe('ok')
    expect((await finished(send())).body).toBe('ok')
    expect(sockets.length).toBe(2)
  })

  it('on which bytes come unasked are closed', async () => {
    const { ask: send, sockets } = await world((socket) => socket.write(OK))
    await send().over
    sockets[0]?.write(OK)
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    await send().over
    expect(sockets.length).toBe(2)
  })

  it('that were closed under a request that may be sent twice are replaced once; under another one it fails', async () => {
    const { ask: send, sockets } = await world((socket, _, number) => { if (number === 1) socket.write(OK); else socket.destroy() })
    await send().over
    expect((await finished(send())).body).toBe('ok')
    expect(sockets.length).toBe(2)
    const posted = await finished(send({ method: 'POST', body: { kind: 'bytes', bytes: Buffer.from('x') } }))
    expect(posted.error).toMatchObject({ code: 'connection_broken' })
  })

  it('are closed when they were idle for long, and earlier where the upstream says that it does not keep them', async () => {
    const kept = await world((socket) => socket.write(OK), { keepAliveMs: 100 })
    await kept.ask().over
    await expect.poll(() => kept.sockets[0]?.destroyed).toBe(true)
    const said = await world((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok'))
    await said.ask().over
    await expect.poll(() => said.sockets[0]?.destroyed, { timeout: 3_000 }).toBe(true)
  })

  it('are bounded; as many calls wait as may, in order, and not for ever', async () => {
    const { ask: send, sockets } = await world(() => undefined, { maxConnections: 1, maxWaiting: 1, maxWaitMs: 60, headersTimeoutMs: 60_000, keepAliveMs: 80 })
    const first = send()
    await expect.poll(() => sockets.length).toBe(1)
    const second = send()
    const third = await finished(send())
    expect(third.error).toMatchObject({ code: 'upstream_busy' })
    expect((await finished(second)).error).toMatchObject({ code: 'upstream_busy' })
    expect(first.error).toBeUndefined()
    sockets[0]?.write(OK)
    expect((await finished(first)).body).toBe('ok')
  })
})

describe('time', () => {
  it('is bounded for the whole of a call too, one that is paused among them; not by default', async () => {
    const drips = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
      const timer = setInterval(() => socket.write('x'), 5)
      socket.once('close', () => clearInterval(timer))
    }
    const bounded = await world(drips, { totalTimeoutMs: 120 })
    const [read, paused] = [bounded.ask(), bounded.ask({}, (call) => call.pause())]
    for (const told of [read, paused]) expect((await finished(told)).error).toMatchObject({ code: 'answer_timeout', message: 'the whole call took too long' })
    expect(read.body.length).toBeGreaterThan(0)
    const waiting = await world(() => undefined, { totalTimeoutMs: 60, maxConnections: 1 })
    const both = [waiting.ask(), waiting.ask()]
    for (const told of both) expect((await finished(told)).error).toMatchObject({ code: 'answer_timeout' })
    const unbounded = await world(drips)
    const going = unbounded.ask()
    await expect.poll(() => going.body.length, { interval: 5 }).toBeGreaterThan(40)
    expect(going.error).toBeUndefined()
    going.call.abort(new Error('the test is over'))
  })

  it('runs out where no answer comes, and where it stops; not while its reader pauses it', async () => {
    const bounds = { headersTimeoutMs: 300, bodyIdleTimeoutMs: 300, keepAliveMs: 300 }
    const silent = await world(() => undefined, bounds)
    expect((await finished(silent.ask())).error).toMatchObject({ code: 'answer_timeout' })
    const stops = await world((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'), bounds)
    expect(await finished(stops.ask())).toMatchObject({ body: 'half', error: { code: 'answer_timeout' } })
    const paused = stops.ask()
    await expect.poll(() => paused.body, { interval: 2 }).toBe('half')
    paused.call.pause()
    await stops.ask().over
    expect(paused.error).toBeUndefined()
    paused.call.abort(new Error('enough'))
    expect((await finished(paused)).error?.message).toBe('enough')
  })
})

describe('ending', () => {
  it('by its reader tells that very error, whether the call waits, is asked or answered', async () => {
    const { ask: send, sockets } = await world((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'), { maxConnections: 1 })
    const answered = send()
    const waiting = send()
    await expect.poll(() => answered.body).toBe('half')
    waiting.call.abort(new Error('waited enough'))
    answered.call.abort(new Error('read enough'))
    expect([(await finished(waiting)).error?.message, (await finished(answered)).error?.message]).toEqual(['waited enough', 'read enough'])
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    expect((await finished(send({}, (call) => call.abort(new Error('at once'))))).error?.message).toBe('at once')
  })

  it('at once tells everybody so; in order lets what runs end, and takes nothing new', async () => {
    const orderly = await world(() => undefined)
    const runs = orderly.ask()
    await expect.poll(() => orderly.sockets.length).toBe(1)
    const closed = orderly.upstream.close()
    expect((await finished(orderly.ask())).error).toMatchObject({ code: 'shutdown' })
    orderly.sockets[0]?.write(OK)
    expect((await finished(runs)).body).toBe('ok')
    await closed
    const abrupt = await world(() => undefined)
    const cut = abrupt.ask()
    await expect.poll(() => abrupt.sockets.length).toBe(1)
    await abrupt.upstream.destroy()
    expect((await finished(cut)).error).toMatchObject({ code: 'shutdown' })
  })

  it('of the handler by a throw ends the call with it', async () => {
    const { upstream, sockets } = await world((socket) => socket.write(OK))
    const error = await new Promise<Error>((resolve) => upstream.dispatch({ method: 'GET', target: '/', authority: 'a', fields: [], body: { kind: 'none' } }, {
      onCall: () => undefined, onBodySent: () => undefined, onInterim: () => undefined, onData: () => undefined, onEnd: () => undefined,
      onHead: () => { throw new Error('refused by its reader') },
      onError: resolve,
    }))
    expect(error.message).toBe('refused by its reader')
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })
})

describe('an answer', () => {
  it('of many pieces is the same as one of one', async () => {
    const whole = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A:  b \r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nChecksum: 1\r\n\r\n'
    const pieces = await world((socket) => {
      socket.setNoDelay(true)
      const send = (at: number): void => {
        if (at < whole.length) socket.write(whole.slice(at, at + 1), () => send(at + 1))
      }
      send(0)
    })
    const one = await world((socket) => socket.write(whole))
    const expected = { interim: [103], status: 200, fields: ['Transfer-Encoding', 'chunked', 'X-A', 'b'], body: 'hello!', trailers: ['Checksum', '1'], error: undefined }
    expect([await finished(pieces.ask()), await finished(one.ask())]).toMatchObject([expected, expected])
  })

  it('without a length ends with its connection', async () => {
    const { ask: send } = await world((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall that comes'))
    expect(await finished(send())).toMatchObject({ body: 'all that comes', error: undefined })
  })

  it.each([['HEAD', 200], ['GET', 204], ['GET', 304]])('to %s with %d has no body, whatever its length says', async (method, status) => {
    const { ask: send, sockets } = await world((socket) => socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`))
    expect(await finished(send({ method }))).toMatchObject({ status, body: '', error: undefined })
    await send({ method }).over
    expect(sockets.length).toBe(1)
  })
})

async function finished(told: Told): Promise<Told> {
  await told.over
  return told
}
