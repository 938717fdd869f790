import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { addressGuard } from '../../src/egress/address-guard.ts'
import { openUpstream, UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import type { Upstream } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import type { ClientSide } from '../../src/proxy/client-side.ts'
import { startHarness, type Harness } from '../listener/harness.ts'
import { dispatch, type Dispatched, type Wish } from './answered.ts'
import { block, END_HEADERS, END_STREAM, frame, FRAME, startFrameServer, u32, type Frame } from './frames.ts'
import { codeOf, openRaw, type RawConnection } from './raw-frames.ts'

const CANCEL = 8
const INTERNAL_ERROR = 2

/** What was sent on one stream: `data`, `end` where that ends it, `reset 8`. */
function sentOn(frames: readonly Frame[], stream: number): readonly string[] {
  return frames.filter((one) => one.stream === stream && (one.type === FRAME.data || one.type === FRAME.rst)).map((one) => {
    if (one.type === FRAME.rst) return `reset ${codeOf(one)}`
    return (one.flags & END_STREAM) === 0 ? `data ${one.payload.toString('latin1')}` : 'end'
  })
}

describe('a request’s body that breaks off is reset at the upstream, and never ended before', () => {
  const frames: Frame[] = []
  let server: Awaited<ReturnType<typeof startFrameServer>>
  let upstream: Upstream
  let stream = -1
  beforeAll(async () => {
    server = await startFrameServer((one, socket) => {
      frames.push(one)
      if (one.type !== FRAME.data || one.payload.toString() !== 'ask') return
      socket.write(Buffer.concat([frame(FRAME.headers, END_HEADERS, one.stream, block([':status', '200'])), frame(FRAME.data, END_STREAM, one.stream, Buffer.from('early'))]))
    })
    upstream = openUpstream({ host: 'localhost', port: server.port, tls: false, http2: true }, {
      dial: {
        guard: addressGuard(['127.0.0.0/8'], () => []), resolve: async () => ['127.0.0.1'], address: undefined, viaProxy: undefined, ca: undefined,
        clientCertificate: undefined, connectTimeoutMs: 2_000, http2: 'always',
      },
      settings: UPSTREAM_SETTINGS, timers: systemTimers, sessions: new Map(),
    })
  })
  afterAll(async () => {
    await upstream.destroy()
    server.close()
  })

  const rows: readonly (readonly [name: string, how: (body: PassThrough, call: Dispatched['call']) => void, wish?: Wish & { readonly length?: number, readonly text?: string }])[] = [
    ['by its client', (body) => body.destroy()],
    ['by a revocation', (_, call) => call.abort(new Error('revoked'))],
    ['by a revocation, more of it on its way', (body, call) => {
      body.write('more')
      call.abort(new Error('revoked'))
    }],
    ['as it is longer than it said', (body) => body.write('longer'), { length: 5 }],
    ['as it is shorter than it said', (body) => body.end(), { length: 9 }],
    ['as the answer is whole', () => undefined, { text: 'ask' }],
    ['as the answer’s head is refused', () => undefined, { text: 'ask', onHead: () => { throw new Error('refused') } }],
    ['as the answer’s first bytes are refused', () => undefined, { text: 'ask', onData: () => { throw new Error('refused') } }],
    ['by a revocation while the answer comes', () => undefined, { text: 'ask', onData: (_, call) => call.abort(new Error('revoked')) }],
  ]
  for (const [name, how, { length, text = 'half', ...wish } = {}] of rows) {
    it(name, async () => {
      stream += 2
      const id = stream
      const body = new PassThrough()
      body.write(text)
      const { call, told } = dispatch(upstream, { ...wish, method: 'POST', body: { kind: 'stream', stream: body, length } })
      await vi.waitFor(() => expect(sentOn(frames, id)[0]).toBe(`data ${text}`), { interval: 2 })
      how(body, call)
      await told
      await vi.waitFor(() => expect(sentOn(frames, id).at(-1)).toBe(`reset ${CANCEL}`), { interval: 2 })
      expect(sentOn(frames, id).filter((one) => one === 'end' || one.startsWith('reset'))).toEqual([`reset ${CANCEL}`])
    })
  }
})

describe('an answer that breaks off is reset at the client, and never ended before', () => {
  let harness: Harness
  let connection: RawConnection
  let stream = -1
  let answer: (client: ClientSide) => void = () => undefined
  beforeAll(async () => {
    harness = await startHarness({ exchange: ({ client }) => answer(client) })
    connection = await openRaw(harness)
  })
  afterAll(async () => {
    connection.socket.destroy()
    await harness.close()
  })

  const GET = block([':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/x'])
  const large = Buffer.alloc(300_000, 'x')
  for (const [length, words] of [[9, 'of a told length'], [undefined, 'of none'], [600_000, 'larger than the window']] as const) {
    for (const [name, how] of [
      ['at once', (client: ClientSide) => client.cut()],
      ['in a turn of its own', (client: ClientSide) => void setImmediate(() => setImmediate(() => client.cut()))],
    ] as const) {
      it(`${words}, ${name}`, async () => {
        stream += 2
        const id = stream
        answer = (client) => {
          client.head(200, [], length)
          client.write(length === 600_000 ? large : Buffer.from('half'))
          how(client)
        }
        connection.write(frame(FRAME.headers, END_HEADERS | END_STREAM, id, GET))
        await connection.next((one) => one.stream === id && (one.type === FRAME.rst || (one.type === FRAME.data && (one.flags & END_STREAM) !== 0)))
        // Whatever was sent before this comes before its answer.
        connection.write(frame(FRAME.ping, 0, 0, Buffer.concat([u32(0), u32(id)])))
        await connection.next((one) => one.type === FRAME.ping && one.payload.readUInt32BE(4) === id)
        expect(sentOn(connection.frames, id).filter((one) => one === 'end' || one.startsWith('reset'))).toEqual([`reset ${INTERNAL_ERROR}`])
      })
    }
  }
})
