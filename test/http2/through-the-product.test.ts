import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { ask as askHttp1 } from '../listener/harness.ts'
import { ask, settled, valuesOf } from './h2-client.ts'
import { PREFIX, SPOKEN, startStreamsWorld, type StreamsWorld } from './streams-world.ts'
import type { UpstreamSide } from './scripted-upstream.ts'

let streams: StreamsWorld
let token: string
beforeAll(async () => {
  streams = await startStreamsWorld()
  token = await streams.token()
})
afterAll(() => streams.close())

/** The one record of the call to this path. */
async function recordOf(path: string): Promise<Record<string, unknown>> {
  const ofPath = (record: Record<string, unknown>): boolean => record['event'] !== 'api.started' && (record['http'] as { path?: string } | undefined)?.path === path
  await streams.world.recorded(ofPath)
  const records = (await streams.world.records()).filter(ofPath)
  expect(records).toHaveLength(1)
  return records[0] as Record<string, unknown>
}

/** Everything that comes on a stream, while it comes. */
function reading(stream: ClientHttp2Stream): { text: string } {
  const read = { text: '' }
  stream.on('data', (chunk: Buffer) => { read.text += chunk.toString('latin1') })
  return read
}

for (const spoken of SPOKEN) {
  describe(`HTTP/2 in a tunnel to an upstream of ${spoken}`, () => {
    const path = (name: string): string => `/v1/${PREFIX[spoken]}-${name}`
    let session: ClientHttp2Session
    beforeAll(async () => { session = await streams.tunnel(spoken, token) })
    beforeEach(() => { streams.upstreams[spoken].asked.length = 0 })

    /** Has the upstream answer so. @returns what it was asked, the first or to come */
    function upstream(answer: (side: UpstreamSide) => void): () => Promise<UpstreamSide> {
      const one = streams.upstreams[spoken]
      one.answer = answer
      return () => vi.waitFor(() => one.asked[0] ?? Promise.reject(new Error('nothing was asked')), { interval: 5 })
    }

    it('the upstream is spoken to so', async () => {
      const asked = upstream((side) => side.head(204, {}, 'alone'))
      expect((await ask(session, { ':path': path('spoken') })).status).toBe(204)
      expect((await asked()).fields.includes(':scheme')).toBe(spoken === 'HTTP/2')
    })

    it('an event stream comes event by event, and has its end', async () => {
      const asked = upstream((side) => side.head(200, { 'content-type': 'text/event-stream' }))
      const stream = session.request({ ':path': path('events') })
      const [end, read] = [settled(stream), reading(stream)]
      let expected = ''
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        (await asked()).write(event)
        expected += event
        await vi.waitFor(() => expect(read.text).toBe(expected), { interval: 5 })
      }
      (await asked()).finish()
      expect(await end).toMatchObject({ status: 200, body: expected, reset: undefined })
      expect(await recordOf(path('events'))).toMatchObject({ event: 'api.call', outcome: 'ok', http: { status: 200, bytes_out: expected.length } })
    })

    it('early hints come before the answer', async () => {
      upstream((side) => {
        side.interim(103, { link: '</style.css>; rel=preload' })
        side.head(200)
        side.finish()
      })
      expect(await ask(session, { ':path': path('hints') })).toMatchObject({ interim: [103], status: 200, reset: undefined })
    })

    it('HEAD has a length and no body; 204 and 304 are heads alone', async () => {
      upstream(({ method, path: asked, head }) => {
        if (method === 'HEAD') head(200, { 'content-length': '5', 'x-a': '1' }, 'alone')
        else if (asked.endsWith('304')) head(304, { etag: '"e"' }, 'alone')
        else head(204, {}, 'alone')
      })
      const head = await ask(session, { ':path': path('head'), ':method': 'HEAD' })
      expect([head.status, head.body, head.headOnly, valuesOf(head.fields, 'content-length'), valuesOf(head.fields, 'x-a')]).toEqual([200, '', true, ['5'], ['1']])
      expect(await ask(session, { ':path': path('204') })).toMatchObject({ status: 204, body: '', headOnly: true, reset: undefined })
      const unchanged = await ask(session, { ':path': path('304'), 'if-none-match': '"e"' })
      expect([unchanged.status, unchanged.headOnly, valuesOf(unchanged.fields, 'etag')]).toEqual([304, true, ['"e"']])
    })

    it('a range is asked for, and is answered as one', async () => {
      const asked = upstream((side) => {
        side.head(206, { 'content-range': 'bytes 2-4/9', 'content-length': '3' })
        side.write('cde')
        side.finish()
      })
      const answer = await ask(session, { ':path': path('range'), range: 'bytes=2-4' })
      expect([answer.status, answer.body, valuesOf(answer.fields, 'content-range'), valuesOf(answer.fields, 'content-length')]).toEqual([206, 'cde', ['bytes 2-4/9'], ['3']])
      expect(valuesOf((await asked()).fields, 'range')).toEqual(['bytes=2-4'])
    })

    it('trailers of the answer come after it', async () => {
      upstream((side) => {
        side.head(200, { trailer: 'x-sum' })
        side.write('abc')
        side.finish({ 'x-sum': '1' })
      })
      expect(await ask(session, { ':path': path('trailers') })).toMatchObject({ status: 200, body: 'abc', trailers: ['x-sum', '1'], reset: undefined })
    })

    it('trailers of the request are dropped, and its body is whole', async () => {
      const asked = upstream((side) => void side.whole.then(() => side.head(204, {}, 'alone')))
      const stream = session.request({ ':path': path('sent-trailers'), ':method': 'POST' }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1', authorization: 'Bearer x', 'x-http-method-override': 'DELETE' }))
      stream.end('abc')
      expect(await settled(stream)).toMatchObject({ status: 204, reset: undefined })
      expect(await asked()).toMatchObject({ method: 'POST', got: { text: 'abc' }, trailers: [] })
      expect(await recordOf(path('sent-trailers'))).toMatchObject({ outcome: 'ok', http: { bytes_in: 3 } })
    })

    it('an upload that its client resets is aborted at the upstream, and on record', async () => {
      const asked = upstream(() => undefined)
      const stream = session.request({ ':path': path('upload-reset'), ':method': 'POST' })
      stream.on('error', () => undefined)
      stream.write('half')
      const side = await asked()
      await vi.waitFor(() => expect(side.got.text).toBe('half'), { interval: 5 })
      stream.close(constants.NGHTTP2_CANCEL)
      await vi.waitFor(() => expect(side.end).toBe('aborted'), { interval: 5 })
      expect(await recordOf(path('upload-reset'))).toMatchObject({ outcome: 'aborted', http: { bytes_in: 4 } })
    })

    it('a download that its client resets is aborted at the upstream, and on record', async () => {
      const asked = upstream((side) => {
        side.head(200)
        side.write('half')
      })
      const stream = session.request({ ':path': path('download-reset') })
      stream.on('error', () => undefined)
      const read = reading(stream)
      await vi.waitFor(() => expect(read.text).toBe('half'), { interval: 5 })
      stream.close(constants.NGHTTP2_CANCEL)
      const side = await asked()
      await vi.waitFor(() => expect(side.end).toBe('aborted'), { interval: 5 })
      expect(await recordOf(path('download-reset'))).toMatchObject({ outcome: 'aborted', http: { status: 200, bytes_out: 4 } })
    })

    for (const [name, fields] of [['of a told length', { 'content-length': '5' }], ['of none', {}]] as const) {
      it(`an answer ${name} that comes before the request is whole is whole, and its client is asked to stop`, async () => {
        const asked = upstream((side) => {
          side.head(200, fields)
          side.write('early')
          side.finish()
        })
        const stream = session.request({ ':path': path(`early-${name.length}`), ':method': 'POST' })
        // It never ends its side: that its stream closes is our asking.
        const end = settled(stream)
        stream.write('half')
        expect(await end).toMatchObject({ status: 200, body: 'early', reset: undefined })
        const side = await asked()
        await vi.waitFor(() => expect(side.end).toBe('aborted'), { interval: 5 })
      })
    }

    it('an answer that the upstream breaks off is reset, never ended, and its siblings go on', async () => {
      const asked = upstream((side) => {
        side.head(200)
        side.write(side.path.endsWith('broken') ? 'half' : 'other')
      })
      const [broken, sibling] = [session.request({ ':path': path('broken') }), session.request({ ':path': path('beside') })]
      const [brokenEnd, siblingEnd, read, other] = [settled(broken), settled(sibling), reading(broken), reading(sibling)]
      await vi.waitFor(() => expect([read.text, other.text]).toEqual(['half', 'other']), { interval: 5 })
      await asked()
      const sides = streams.upstreams[spoken].asked
      sides.find((side) => side.path.endsWith('broken'))?.reset()
      expect(await brokenEnd).toMatchObject({ status: 200, reset: 'NGHTTP2_INTERNAL_ERROR' })
      sides.find((side) => side.path.endsWith('beside'))?.finish()
      expect(await siblingEnd).toMatchObject({ status: 200, body: 'other', reset: undefined })
      expect(await recordOf(path('broken'))).toMatchObject({ event: 'api.call', outcome: 'failed', http: { status: 200, bytes_out: 4 } })
      expect(await recordOf(path('beside'))).toMatchObject({ outcome: 'ok' })
    })

    it('a request that the upstream breaks off before any answer is 502, within its body too', async () => {
      upstream((side) => {
        if (side.method === 'GET') side.reset()
        else void vi.waitFor(() => expect(side.got.text).toBe('half'), { interval: 5 }).then(() => side.reset())
      })
      expect(await ask(session, { ':path': path('refused') })).toMatchObject({ status: 502 })
      const stream = session.request({ ':path': path('refused-upload'), ':method': 'POST' })
      const end = settled(stream)
      stream.write('half')
      expect(await end).toMatchObject({ status: 502 })
      for (const name of ['refused', 'refused-upload']) expect(await recordOf(path(name))).toMatchObject({ event: 'api.call', outcome: 'failed', code: 'upstream_broken' })
    })

    it('a revocation cuts every stream of its delegation, and no other connection’s', async () => {
      const revoked = newId('ses')
      upstream((side) => {
        side.head(200)
        side.write('open')
      })
      const theirs = await streams.tunnel(spoken, await streams.token({ session: revoked }))
      const opened = [theirs.request({ ':path': path('cut-1') }), theirs.request({ ':path': path('cut-2') }), session.request({ ':path': path('kept') })]
      const reads = opened.map(reading)
      const ends = opened.map(settled)
      await vi.waitFor(() => expect(reads.map(({ text }) => text)).toEqual(['open', 'open', 'open']), { interval: 5 })
      await revoke(revoked)
      for (const end of ends.slice(0, 2)) expect(await end).toMatchObject({ status: 200, reset: 'NGHTTP2_INTERNAL_ERROR' })
      const sides = streams.upstreams[spoken].asked
      await vi.waitFor(() => expect(sides.map((side) => `${side.path.split('-').at(-1)} ${side.end}`).toSorted()).toEqual(['1 aborted', '2 aborted', 'kept open']), { interval: 5 })
      sides.find((side) => side.path.endsWith('kept'))?.finish()
      expect(await ends[2]).toMatchObject({ status: 200, body: 'open', reset: undefined })
      for (const name of ['cut-1', 'cut-2']) expect(await recordOf(path(name))).toMatchObject({ outcome: 'revoked', http: { status: 200, bytes_out: 4 } })
      expect(await ask(theirs, { ':path': path('after') })).toMatchObject({ status: 403, body: expect.stringContaining('"delegation_revoked"') as string })
    })

    it('on one connection that several delegations share, a revocation cuts the streams of one alone', async () => {
      const revoked = newId('ses')
      upstream((side) => {
        side.head(200)
        side.write('open')
      })
      const shared = await streams.direct()
      const tokens = [await streams.token({ session: revoked }), token]
      const opened = tokens.map((one, at) => shared.request({ ':path': `/${PREFIX[spoken]}${path(`shared-${at}`)}`, authorization: `Bearer ${one}` }))
      const reads = opened.map(reading)
      const [cut, kept] = opened.map(settled)
      await vi.waitFor(() => expect(reads.map(({ text }) => text)).toEqual(['open', 'open']), { interval: 5 })
      await revoke(revoked)
      expect(await cut).toMatchObject({ status: 200, reset: 'NGHTTP2_INTERNAL_ERROR' })
      const [first, second] = streams.upstreams[spoken].asked.toSorted((one, other) => (one.path < other.path ? -1 : 1))
      await vi.waitFor(() => expect([first?.end, second?.end]).toEqual(['aborted', 'open']), { interval: 5 })
      second?.finish()
      expect(await kept).toMatchObject({ status: 200, body: 'open', reset: undefined })
      expect(await recordOf(path('shared-0'))).toMatchObject({ outcome: 'revoked' })
      expect(await recordOf(path('shared-1'))).toMatchObject({ outcome: 'ok' })
    })
  })
}

it('trailers of a request of HTTP/1.1 are dropped too, and its body is whole', async () => {
  const upstream = streams.upstreams['HTTP/1.1']
  upstream.answer = (side) => void side.whole.then(() => side.head(200, { 'content-length': '0' }, 'alone'))
  const socket = await streams.tunnelSocket('HTTP/1.1', token, ['http/1.1'])
  const text = `POST /v1/sent-trailers HTTP/1.1\r\nHost: ${streams.host('HTTP/1.1')}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nAuthorization: Bearer x\r\n\r\n`
  expect(await askHttp1(socket, text)).toMatch(/^HTTP\/1\.1 200 /)
  const side = upstream.asked.at(-1)
  expect([side?.got.text, side?.trailers, valuesOf(side?.fields ?? [], 'trailer'), valuesOf(side?.fields ?? [], 'authorization')]).toEqual(['abc', [], [], ['Bearer a-key-that-nobody-sees']])
})

const revokedSoFar: string[] = []
function revoke(session: string): Promise<void> {
  revokedSoFar.push(session)
  return streams.world.editConfig((text) => `${text.replace(/^revoked: .*\n/m, '')}revoked: { sessions: [${revokedSoFar.join(', ')}] }\n`)
}
