import type { Socket } from 'node:net'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { addressGuard } from '../../src/egress/address-guard.ts'
import { openUpstream, UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import { UpstreamError } from '../../src/egress/upstream-error.ts'
import type { Upstream } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { dispatch, type Told, type Wish } from './answered.ts'
import { block, END_HEADERS, END_STREAM, frame, FRAME, startFrameServer, u32, type Frame } from './frames.ts'

const closers: (() => unknown)[] = []
afterAll(async () => { for (const close of closers.splice(0)) await close() })

type OnFrame = (one: Frame, socket: Socket, connection: number) => void

async function upstreamOf(onFrame: OnFrame, settings?: Buffer): Promise<Upstream> {
  const server = await startFrameServer(onFrame, settings)
  const upstream = openUpstream({ host: 'localhost', port: server.port, tls: false, http2: true }, {
    dial: {
      guard: addressGuard(['127.0.0.0/8'], () => []), resolve: async () => ['127.0.0.1'], address: undefined, viaProxy: undefined, ca: undefined,
      clientCertificate: undefined, connectTimeoutMs: 2_000, http2: 'always',
    },
    settings: UPSTREAM_SETTINGS, timers: systemTimers, sessions: new Map(),
  })
  closers.push(() => upstream.destroy(), server.close)
  return upstream
}

/** Answers each request with these frames, the later ones in a turn of their own. */
function answering(...turns: readonly ((stream: number) => readonly Buffer[])[]): OnFrame {
  return ({ type, stream }, socket) => {
    if (type !== FRAME.headers) return
    turns.forEach((make, turn) => setTimeout(() => socket.write(Buffer.concat(make(stream))), turn * 20))
  }
}

const HEAD = block([':status', '200'])
const head = (stream: number): Buffer => frame(FRAME.headers, END_HEADERS, stream, HEAD)
const data = (stream: number, flags = 0): Buffer => frame(FRAME.data, flags, stream, Buffer.from('abc'))
const reset = (stream: number, code: number): Buffer => frame(FRAME.rst, 0, stream, u32(code))
const goaway = (last: number, code = 0): Buffer => frame(FRAME.goaway, 0, 0, Buffer.concat([u32(last), u32(code)]))

const outcome = ({ error, body }: Told): string => (error === undefined ? `whole ${body}` : error instanceof UpstreamError ? error.code : error.message)

const PACES: readonly (readonly [string, Wish])[] = [
  ['read as it comes', {}],
  ['read slowly', { onData: (_, call) => { call.pause(); setTimeout(() => call.resume(), 60) } }],
]
const BODIES: readonly (readonly [string, Wish])[] = [
  ['without a body', {}],
  ['with a body', { method: 'POST', body: { kind: 'bytes', bytes: Buffer.from('body') } }],
]

describe.concurrent('an answer that its upstream ended', () => {
  for (const [pace, wish] of PACES) for (const [body, request] of BODIES) {
    for (const [name, onFrame] of [
      ['by END_STREAM on its last bytes', answering((id) => [head(id)], (id) => [data(id, END_STREAM)])],
      ['by an empty DATA', answering((id) => [head(id), data(id)], (id) => [frame(FRAME.data, END_STREAM, id)])],
      ['by trailers', answering((id) => [head(id), data(id)], (id) => [frame(FRAME.headers, END_HEADERS | END_STREAM, id, block(['x-sum', '1']))])],
      ['and then the stream, with NO_ERROR', answering((id) => [head(id)], (id) => [data(id, END_STREAM), reset(id, 0)])],
      ['beside a push that nobody asked for', answering((id) => [frame(FRAME.push, END_HEADERS, id, Buffer.concat([u32(2), block([':method', 'GET'], [':scheme', 'http'], [':authority', 'localhost'], [':path', '/'])])), head(id), data(id, END_STREAM)])],
      ['in one packet with its head', answering((id) => [head(id), data(id, END_STREAM)])],
    ] as const) {
      it(`${name}, ${pace}, ${body}: is whole`, async () => {
        expect(outcome(await dispatch(await upstreamOf(onFrame), { ...wish, ...request }).told)).toBe('whole abc')
      })
    }
  }
})

describe.concurrent('an answer that was broken off', () => {
  for (const [pace, wish] of PACES) for (const [body, request] of BODIES) {
    for (const [name, onFrame] of [
      ['by RST_STREAM with NO_ERROR', answering((id) => [head(id), data(id)], (id) => [reset(id, 0)])],
      ['by RST_STREAM with NO_ERROR in the packet of its last bytes', answering((id) => [head(id)], (id) => [data(id), reset(id, 0)])],
      ['by RST_STREAM with NO_ERROR in the packet of its last bytes, all that it told of', answering((id) => [frame(FRAME.headers, END_HEADERS, id, block([':status', '200'], ['content-length', '3'])), data(id), reset(id, 0)])],
      ['by RST_STREAM with CANCEL', answering((id) => [head(id), data(id)], (id) => [reset(id, 8)])],
      ['by RST_STREAM with INTERNAL_ERROR', answering((id) => [head(id), data(id)], (id) => [reset(id, 2)])],
      ['by an end before its length', answering((id) => [frame(FRAME.headers, END_HEADERS, id, block([':status', '200'], ['content-length', '9'])), data(id, END_STREAM)])],
      ['by two lengths', answering((id) => [frame(FRAME.headers, END_HEADERS, id, block([':status', '200'], ['content-length', '3'], ['content-length', '9'])), data(id, END_STREAM)])],
    ] as const) {
      it(`${name}, ${pace}, ${body}: fails`, async () => {
        expect(outcome(await dispatch(await upstreamOf(onFrame), { ...wish, ...request }).told)).toBe('connection_broken')
      })
    }
    it(`by the end of its connection, ${pace}, ${body}: fails`, async () => {
      const upstream = await upstreamOf(({ type, stream }, socket) => {
        if (type !== FRAME.headers) return
        socket.write(Buffer.concat([head(stream), data(stream)]))
        setTimeout(() => socket.end(), 20)
      })
      expect(outcome(await dispatch(upstream, { ...wish, ...request }).told)).toBe('connection_broken')
    })
  }
})

describe.concurrent('a request that the upstream did nothing about', () => {
  /** Refuses the first streams so many times, and answers the next. */
  const refusing = (times: number, asked: string[], refusal: (stream: number) => readonly Buffer[]): OnFrame => {
    let left = times
    return ({ type, stream }, socket, connection) => {
      if (type !== FRAME.headers) return
      asked.push(`${connection}/${stream}`)
      socket.write(Buffer.concat(left-- > 0 ? [...refusal(stream)] : [head(stream), data(stream, END_STREAM)]))
    }
  }
  const REFUSED = 7

  it('is sent once more where it was refused, as its method allows', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const asked: string[] = []
      const { error } = await dispatch(await upstreamOf(refusing(1, asked, (id) => [reset(id, REFUSED)])), { method }).told
      expect([method, error, asked.length]).toEqual([method, method === 'HEAD' ? error : undefined, 2])
    }
  })

  it('on another connection where this one goes away', async () => {
    const asked: string[] = []
    const upstream = await upstreamOf(refusing(1, asked, () => [goaway(0)]))
    expect(outcome(await dispatch(upstream).told)).toBe('whole abc')
    expect(asked).toEqual(['0/1', '1/1'])
  })

  it('is not sent a third time', async () => {
    const asked: string[] = []
    expect(outcome(await dispatch(await upstreamOf(refusing(9, asked, (id) => [reset(id, REFUSED)]))).told)).toBe('connection_broken')
    expect(asked.length).toBe(2)
  })

  for (const [name, wish] of [
    ['a POST', { method: 'POST' }],
    ['a DELETE', { method: 'DELETE' }],
    ['a body', { method: 'GET', body: { kind: 'bytes', bytes: Buffer.from('x') } }],
  ] as const) {
    it(`is not sent again with ${name}`, async () => {
      const asked: string[] = []
      expect(outcome(await dispatch(await upstreamOf(refusing(1, asked, (id) => [reset(id, REFUSED)])), wish).told)).toBe('connection_broken')
      expect(asked.length).toBe(1)
    })
  }

  it('is not sent again where the upstream may have begun with it', async () => {
    const asked: string[] = []
    expect(outcome(await dispatch(await upstreamOf(refusing(1, asked, (id) => [reset(id, 2)]))).told)).toBe('connection_broken')
    expect(asked.length).toBe(1)
  })
})

describe.concurrent('a connection that goes away', () => {
  it('lets its streams end, and takes no further ones', async () => {
    const asked: string[] = []
    const held: (() => void)[] = []
    const upstream = await upstreamOf(({ type, stream }, socket, connection) => {
      if (type !== FRAME.headers) return
      asked.push(`${connection}/${stream}`)
      const answer = (): void => void socket.write(Buffer.concat([head(stream), data(stream, END_STREAM)]))
      if (connection > 0) return answer()
      socket.write(goaway(stream))
      held.push(answer)
    })
    const first = dispatch(upstream).told
    await vi.waitFor(() => expect(held.length).toBe(1))
    // Its GOAWAY is read when its answer is asked for in the next turns.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(outcome(await dispatch(upstream).told)).toBe('whole abc')
    held[0]?.()
    expect(outcome(await first)).toBe('whole abc')
    expect(asked).toEqual(['0/1', '1/1'])
  })

  it('takes no more streams than the upstream says, from the first one on', async () => {
    const asked: number[] = []
    const maxStreams = Buffer.concat([Buffer.from([0, 3]), u32(1)])
    const upstream = await upstreamOf(({ type, stream }, socket, connection) => {
      if (type !== FRAME.headers) return
      asked.push(connection)
      setTimeout(() => socket.write(Buffer.concat([head(stream), data(stream, END_STREAM)])), 20)
    }, maxStreams)
    const told = await Promise.all(Array.from({ length: 5 }, () => dispatch(upstream).told))
    expect(told.map(outcome)).toEqual(Array.from({ length: 5 }, () => 'whole abc'))
    expect(new Set(asked).size).toBeGreaterThan(1)
  })
})
