import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { UpstreamError } from '../../src/egress/upstream-error.ts'
import { dispatch } from './answered.ts'
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.ts'

let world: UpstreamWorld
beforeAll(async () => { world = await startUpstreamWorld() })
afterAll(() => world.close())
beforeEach(() => {
  world.asked.length = 0
  world.answer = (stream) => stream.respond({ ':status': 204 }, { endStream: true })
})

const codeOf = (error: Error | undefined): string | undefined => (error instanceof UpstreamError ? error.code : error?.message)

describe('a call over HTTP/2', () => {
  it('says what was judged, and TE of our own', async () => {
    let seen: readonly string[] = []
    world.answer = (stream, _headers, fields) => {
      seen = fields
      stream.respond({ ':status': 200, 'x-a': '1' })
      stream.end('whole')
    }
    const fields = ['Accept', 'a/b', 'x-twice', '1', 'x-twice', '2', 'x-latin', 'caf\u00e9', 'authorization', 'Bearer s']
    const told = await dispatch(world.open(), { target: '/p?q=1', fields }).told
    expect(seen).toEqual([':method', 'GET', ':scheme', 'https', ':authority', 'localhost', ':path', '/p?q=1',
      'accept', 'a/b', 'x-twice', '1', 'x-twice', '2', 'x-latin', 'caf\u00e9', 'authorization', 'Bearer s', 'te', 'trailers'])
    expect(told).toMatchObject({ events: ['call', 'head 200', 'data', 'end'], status: 200, body: 'whole' })
    expect(told.fields.slice(0, 2)).toEqual(['x-a', '1'])
  })

  it('goes on the connection of the last one', async () => {
    world.answer = (stream) => stream.respond({ ':status': 204 }, { endStream: true })
    const before = world.sessions.length
    const upstream = world.open()
    const together = await Promise.all(Array.from({ length: 40 }, () => dispatch(upstream).told))
    expect(new Set(together.map(({ status }) => status))).toEqual(new Set([204]))
    await dispatch(upstream).told
    expect(world.sessions.length).toBe(before + 1)
  })

  it('opens a second connection where the first one is full, and lets nobody wait for good', async () => {
    const held: (() => void)[] = []
    world.answer = (stream) => void held.push(() => stream.respond({ ':status': 200 }, { endStream: true }))
    const before = world.sessions.length
    const upstream = world.open()
    const calls = Array.from({ length: 70 }, () => dispatch(upstream).told)
    await vi.waitFor(() => expect(held.length).toBe(70))
    expect(world.sessions.length).toBe(before + 2)
    for (const answer of held) answer()
    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true)
  })

  it('tells interim answers but 100, trailers, and a head alone in one turn', async () => {
    world.answer = (stream, headers) => {
      if (headers[':path'] === '/alone') {
        stream.respond({ ':status': 200, 'grpc-status': '7' }, { endStream: true })
        return
      }
      stream.additionalHeaders({ ':status': 100 })
      stream.additionalHeaders({ ':status': 103, link: '</a>' })
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-sum': 'abc' }))
      stream.end('x')
    }
    const upstream = world.open()
    expect(await dispatch(upstream).told).toMatchObject({ events: ['call', 'interim 103', 'head 200', 'data', 'end'], trailers: ['grpc-status', '0', 'x-sum', 'abc'] })
    let alone = ''
    const call = dispatch(upstream, { target: '/alone', onHead: () => { queueMicrotask(() => { alone += 'after ' }) } })
    await call.told
    expect(alone).toBe('after ')
    expect((await call.told).events).toEqual(['call', 'head 200', 'end'])
  })

  for (const [name, body, expected] of [
    ['bytes', { kind: 'bytes', bytes: Buffer.from('judged') }, ['6', 'judged']],
    ['no bytes', { kind: 'bytes', bytes: Buffer.alloc(0) }, ['0', '']],
    ['a stream of a told length', { kind: 'stream', stream: Readable.from([Buffer.from('ju'), Buffer.from('dged')]), length: 6 }, ['6', 'judged']],
    ['a stream without', { kind: 'stream', stream: Readable.from([Buffer.from('ju'), Buffer.from('dged')]), length: undefined }, [undefined, 'judged']],
  ] as const) {
    it(`sends a body of ${name}`, async () => {
      const seen: unknown[] = []
      world.answer = (stream, headers) => {
        let text = ''
        stream.on('data', (chunk: Buffer) => { text += chunk.toString() })
        stream.on('end', () => {
          seen.push(headers['content-length'], text)
          stream.respond({ ':status': 200 }, { endStream: true })
        })
      }
      const told = await dispatch(world.open(), { method: 'POST', body }).told
      expect(seen).toEqual(expected)
      expect([told.status, told.bytesSent]).toEqual([200, expected[1].length])
    })
  }

  it('sends megabytes both ways no faster than either side reads', async () => {
    const size = 8 * 1_048_576
    world.answer = (stream) => {
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    }
    const source = Readable.from((function* () { for (let at = 0; at < size; at += 65_536) yield Buffer.alloc(65_536, 97) })())
    let got = 0
    let paused = 0
    const told = await dispatch(world.open(), {
      method: 'POST', body: { kind: 'stream', stream: source, length: size },
      onData: (chunk, call) => {
        got += chunk.length
        if (paused++ % 50 !== 0) return
        call.pause()
        setImmediate(() => call.resume())
      },
    }).told
    expect([told.status, got]).toEqual([200, size])
  })

  it('stops the upstream while its reader is paused', async () => {
    let written = 0
    world.answer = (stream) => {
      stream.respond({ ':status': 200 })
      const more = (): void => {
        while (written < 64 * 1_048_576) {
          written += 65_536
          if (!stream.write(Buffer.alloc(65_536))) return
        }
      }
      stream.on('drain', more)
      more()
    }
    const { call, told } = dispatch(world.open(), { onHead: (one) => one.pause() })
    await vi.waitFor(() => expect(written).toBeGreaterThan(0))
    let last = -1
    await vi.waitFor(() => {
      const before = last
      last = written
      expect(written).toBe(before)
    }, { interval: 100 })
    expect(written).toBeLessThan(1_048_576)
    call.abort(new Error('enough'))
    await told
  })
})

describe('how a call over HTTP/2 ends otherwise', () => {
  it('is reset at the upstream where it is aborted, and its siblings go on', async () => {
    const resets: number[] = []
    const held: (() => void)[] = []
    world.answer = (stream) => {
      stream.on('close', () => resets.push(stream.rstCode))
      held.push(() => stream.respond({ ':status': 204 }, { endStream: true }))
    }
    const upstream = world.open()
    const first = dispatch(upstream)
    const second = dispatch(upstream)
    await vi.waitFor(() => expect(held.length).toBe(2))
    const why = new Error('revoked')
    first.call.abort(why)
    first.call.abort(new Error('again'))
    expect((await first.told).error).toBe(why)
    await vi.waitFor(() => expect(resets).toEqual([8]))
    held[1]?.()
    expect((await second.told).status).toBe(204)
  })

  it('aborted before it was sent, is never sent', async () => {
    const upstream = world.open()
    const { call, told } = dispatch(upstream, { target: '/never' })
    call.abort(new Error('gone'))
    expect((await told).events).toEqual(['call', 'error'])
    await dispatch(upstream, { target: '/other' }).told
    expect(world.asked).toEqual(['/other'])
  })

  it('fails where its handler throws, with what it threw', async () => {
    world.answer = (stream) => {
      stream.respond({ ':status': 200 })
      stream.end('x')
    }
    const upstream = world.open()
    for (const where of ['onHead', 'onData'] as const) {
      const thrown = new Error(where)
      expect((await dispatch(upstream, { [where]: () => { throw thrown } }).told).error).toBe(thrown)
    }
  })

  it('fails where the client’s body is not what it said, and the upstream gets no end of it', async () => {
    const ends: string[] = []
    world.answer = (stream) => {
      stream.resume()
      stream.on('end', () => ends.push(stream.aborted ? 'aborted' : 'whole'))
      stream.on('aborted', () => ends.push('reset'))
    }
    const upstream = world.open()
    const longer = { kind: 'stream', stream: Readable.from([Buffer.alloc(9)]), length: 5 } as const
    const shorter = { kind: 'stream', stream: Readable.from([Buffer.alloc(3)]), length: 5 } as const
    const broken = new PassThrough()
    broken.write('abc')
    for (const body of [longer, shorter]) expect(codeOf((await dispatch(upstream, { method: 'POST', body }).told).error)).toBe('request_incomplete')
    const { told } = dispatch(upstream, { method: 'POST', body: { kind: 'stream', stream: broken, length: undefined } })
    await vi.waitFor(() => expect(world.asked.length).toBeGreaterThan(2))
    broken.destroy()
    expect(codeOf((await told).error)).toBe('request_incomplete')
    expect(ends).not.toContain('whole')
  })

  it('ends in time where no answer comes, or stops', async () => {
    world.answer = (stream, headers) => {
      if (headers[':path'] === '/stops') stream.respond({ ':status': 200 })
    }
    const upstream = world.open({ settings: { headersTimeoutMs: 80, bodyIdleTimeoutMs: 80 } })
    expect(codeOf((await dispatch(upstream).told).error)).toBe('answer_timeout')
    expect(codeOf((await dispatch(upstream, { target: '/stops' }).told).error)).toBe('answer_timeout')
    const whole = world.open({ settings: { totalTimeoutMs: 80 } })
    for (const target of ['/', '/stops']) expect((await dispatch(whole, { target }).told).error).toMatchObject({ code: 'answer_timeout', message: 'the whole call took too long' })
  })

  it('tells every call that the proxy ends', async () => {
    world.answer = () => undefined
    const upstream = world.open()
    const { told } = dispatch(upstream)
    await vi.waitFor(() => expect(world.asked.length).toBe(1))
    await upstream.destroy()
    expect(codeOf((await told).error)).toBe('shutdown')
    expect(codeOf((await dispatch(upstream).told).error)).toBe('shutdown')
  })

  it('closing lets what is under way end', async () => {
    const held: (() => void)[] = []
    world.answer = (stream) => void held.push(() => stream.respond({ ':status': 204 }, { endStream: true }))
    const upstream = world.open()
    const { told } = dispatch(upstream)
    await vi.waitFor(() => expect(held.length).toBe(1))
    const closed = upstream.close()
    expect(codeOf((await dispatch(upstream).told).error)).toBe('shutdown')
    held[0]?.()
    expect((await told).status).toBe(204)
    await closed
  })

  it('keeps an idle connection for a while, and no longer', async () => {
    world.answer = (stream) => stream.respond({ ':status': 204 }, { endStream: true })
    const upstream = world.open({ settings: { keepAliveMs: 80 } })
    await dispatch(upstream).told
    const session = world.sessions.at(-1)
    await vi.waitFor(() => expect(session?.destroyed).toBe(true))
    expect((await dispatch(upstream).told).status).toBe(204)
  })
})

describe('which protocol an upstream is spoken to', () => {
  it('HTTP/1.1 where it does not choose HTTP/2, from the first connection on', async () => {
    const upstream = world.open({ port: world.http1Port })
    const before = world.http1Heads.length
    const [first, second] = await Promise.all([dispatch(upstream, { target: '/a' }).told, dispatch(upstream, { target: '/b' }).told])
    expect([first.status, second.status, first.events]).toEqual([204, 204, ['call', 'head 204', 'end']])
    await dispatch(upstream, { target: '/c' }).told
    expect(world.http1Heads.slice(before).toSorted()).toEqual(['http/1.1 GET /a HTTP/1.1', 'http/1.1 GET /b HTTP/1.1', 'http/1.1 GET /c HTTP/1.1'])
  })

  it('HTTP/1.1 for a client that speaks it, and where the configuration says never', async () => {
    for (const wish of [{ client: '1.1' }, { http2: 'never' }] as const) {
      expect((await dispatch(world.open({ ...wish, port: world.http1Port })).told).status).toBe(204)
    }
    expect(world.asked).toEqual([])
  })

  it('HTTP/2 always where the configuration says so: by ALPN, or unasked in plain text; and nothing else', async () => {
    world.answer = (stream) => stream.respond({ ':status': 204 }, { endStream: true })
    expect((await dispatch(world.open({ http2: 'always', client: '1.1' })).told).status).toBe(204)
    expect((await dispatch(world.open({ http2: 'always', client: '1.1', tls: false, port: world.plainPort })).told).status).toBe(204)
    const before = world.http1Heads.length
    expect((await dispatch(world.open({ http2: 'always', port: world.http1Port })).told).error).toBeDefined()
    expect(world.http1Heads.length).toBe(before)
  })

  it('a call that waits while the protocol is negotiated can be aborted, whichever comes of it', async () => {
    const upstream = world.open({ port: world.http1Port })
    const before = world.http1Heads.length
    const { call, told } = dispatch(upstream, { target: '/aborted' })
    call.abort(new Error('gone'))
    expect((await told).events).toEqual(['call', 'error'])
    expect((await dispatch(upstream, { target: '/other' }).told).status).toBe(204)
    expect(world.http1Heads.slice(before)).toEqual(['http/1.1 GET /other HTTP/1.1'])
  })
})
