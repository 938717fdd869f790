import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHarness, type Harness } from '../listener/harness.ts'
import { block, END_HEADERS, END_STREAM, frame, FRAME } from './frames.ts'
import { codeOf, openRaw, type RawConnection } from './raw-frames.ts'

type Fields = readonly (readonly [string, string])[]

const GOOD: Fields = [[':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/x']]
const POST: Fields = [[':method', 'POST'], ...GOOD.slice(1)]
const [METHOD, SCHEME, AUTHORITY, PATH] = GOOD as [Fields[number], Fields[number], Fields[number], Fields[number]]
const PROTOCOL_ERROR = 1

let harness: Harness
let connection: RawConnection
let stream = -1
beforeAll(async () => {
  harness = await startHarness({ limits: { maxUriBytes: 1_000 } })
  await reopen()
})

async function reopen(): Promise<void> {
  connection = await openRaw(harness)
  stream = -1
}
afterAll(() => harness.close())

/** How a stream ended: the status of its answer, or the code that it was reset with. */
async function outcome(fields: Fields, after: (id: number) => readonly Buffer[] = () => []): Promise<{ readonly status?: number; readonly reset?: number | undefined; readonly code?: string | undefined }> {
  stream += 2
  const id = stream
  const rest = after(id)
  connection.write(frame(FRAME.headers, END_HEADERS | (rest.length === 0 ? END_STREAM : 0), id, block(...fields)), ...rest)
  const end = await connection.next((one) => one.stream === id && (one.type === FRAME.rst || (one.flags & END_STREAM) !== 0 && one.type !== FRAME.headers))
  const reset = connection.frames.find((one) => one.stream === id && one.type === FRAME.rst)
  const head = connection.frames.find((one) => one.stream === id && one.type === FRAME.headers)
  if (head === undefined) return { reset: codeOf(reset ?? end) }
  const body = connection.frames.filter((one) => one.stream === id && one.type === FRAME.data).map(({ payload }) => payload.toString()).join('')
  // Problem details have it, which are what refusals are.
  return { code: /"code":"([a-z_]+)"/.exec(body)?.[1], status: Number(/"status":(\d+)/.exec(body)?.[1] ?? 200) }
}

const replaced = (name: string, value: string): Fields => GOOD.map((field) => (field[0] === name ? [name, value] : field))

describe('a request that the library would not read in one way, or we', () => {
  it('a good one is answered', async () => {
    expect(await outcome(GOOD)).toMatchObject({ status: 200 })
    expect(await outcome(POST, (id) => [frame(FRAME.data, END_STREAM, id, Buffer.from('abc'))])).toMatchObject({ status: 200 })
  })

  const resets: readonly (readonly [name: string, fields: Fields, after?: (id: number) => readonly Buffer[]])[] = [
    ['no :method', [SCHEME, AUTHORITY, PATH]],
    ['no :scheme', [METHOD, AUTHORITY, PATH]],
    ['no :path', [METHOD, SCHEME, AUTHORITY]],
    ['an empty :path', replaced(':path', '')],
    ['neither :authority nor host', [METHOD, SCHEME, PATH]],
    ['two :method', [METHOD, ...GOOD]],
    ['two :path', [...GOOD, [':path', '/y']]],
    ['two :authority', [...GOOD, AUTHORITY]],
    ['two :scheme', [...GOOD, SCHEME]],
    ['a pseudo-header field that is unknown', [...GOOD, [':x', 'y']]],
    ['one of an answer', [...GOOD, [':status', '200']]],
    ['one behind another field', [METHOD, SCHEME, AUTHORITY, ['accept', 'a/b'], PATH]],
    ['a name with upper-case letters', [...GOOD, ['X-Upper', '1']]],
    ['connection', [...GOOD, ['connection', 'close']]],
    ['keep-alive', [...GOOD, ['keep-alive', 'timeout=5']]],
    ['proxy-connection', [...GOOD, ['proxy-connection', 'keep-alive']]],
    ['transfer-encoding', [...POST, ['transfer-encoding', 'chunked']]],
    ['upgrade', [...GOOD, ['upgrade', 'websocket']]],
    ['te other than trailers', [...GOOD, ['te', 'gzip']]],
    ['two content-length', [...POST, ['content-length', '3'], ['content-length', '4']]],
    ['a content-length that is no number', [...POST, ['content-length', '+3']]],
    ['a length and no body', [...POST, ['content-length', '3']]],
    ['a length over the body', [...POST, ['content-length', '9']], (id) => [frame(FRAME.data, END_STREAM, id, Buffer.from('abc'))]],
    ['userinfo in :authority', replaced(':authority', 'a@api.example.com')],
    ['two host', [METHOD, SCHEME, PATH, ['host', 'api.example.com'], ['host', 'api.example.com']]],
    ['an extended CONNECT', [[':method', 'CONNECT'], [':protocol', 'websocket'], SCHEME, AUTHORITY, PATH]],
  ]
  for (const [name, fields, after] of resets) {
    it(`${name}: its stream is reset, nothing is accepted of it, and the connection lives`, async () => {
      const before = harness.received.length
      expect(await outcome(fields, after)).toEqual({ reset: PROTOCOL_ERROR })
      // One whose body is wrong was accepted, and breaks off.
      if (after === undefined) expect(harness.received.length).toBe(before)
      expect(await outcome(GOOD)).toMatchObject({ status: 200 })
    })
  }

  it('a body over its length: the connection ends, and the body is never whole', async () => {
    const before = harness.received.length
    const ended: string[] = []
    expect(await outcome([...POST, ['content-length', '1']], (id) => [frame(FRAME.data, END_STREAM, id, Buffer.from('abc'))])).toEqual({ reset: undefined })
    await connection.closed
    harness.received[before]?.client.body.on('end', () => ended.push('end'))
    expect(ended).toEqual([])
    await reopen()
  })

  for (const [name, field] of [
    ['a name with a space', ['x name', '1']],
    ['an empty name', ['', '1']],
    ['a value with a line feed', ['x-a', '1\nx-b: 2']],
    ['a value with a NUL', ['x-a', '1\0x-b\x002']],
    ['a value with white space before it', ['x-a', ' 1']],
  ] as const) {
    it(`${name}: the library drops the field, and nothing of it is seen or sent`, async () => {
      expect(await outcome([...GOOD, ['accept', 'a/b'], field, ['x-last', '1']])).toMatchObject({ status: 200 })
      expect(harness.received.at(-1)?.request.headers).toEqual(['accept', 'a/b', 'x-last', '1'])
    })
  }

  const refusals: readonly (readonly [name: string, fields: Fields, status: number, code: string, after?: (id: number) => readonly Buffer[]])[] = [
    ['another :authority than the tunnel’s', replaced(':authority', 'other.example.com'), 421, 'authority_mismatch'],
    ['a port that is not the tunnel’s', replaced(':authority', 'api.example.com:8443'), 421, 'authority_mismatch'],
    ['host that differs from :authority', [...GOOD, ['host', 'other.example.com']], 421, 'authority_mismatch'],
    ['host of another tunnel in place of :authority', [METHOD, SCHEME, PATH, ['host', 'other.example.com']], 421, 'authority_mismatch'],
    [':scheme http', replaced(':scheme', 'http'), 421, 'authority_mismatch'],
    ['another :scheme', replaced(':scheme', 'ftp'), 421, 'authority_mismatch'],
    ['an absolute :path', replaced(':path', '/https://api.example.com/x//y'), 400, 'path_refused'],
    ['a dot segment', replaced(':path', '/a/../b'), 400, 'path_refused'],
    ['an encoded dot segment', replaced(':path', '/a/%2e%2e/b'), 400, 'path_refused'],
    ['a backslash', replaced(':path', '/a\\b'), 400, 'path_refused'],
    ['a fragment', replaced(':path', '/a#b'), 400, 'path_refused'],
    ['a name with an underscore', [...GOOD, ['x_forwarded_for', '1']], 400, 'header_refused'],
    ['another method beside :method', [...GOOD, ['x-http-method-override', 'DELETE']], 400, 'header_refused'],
    ['TRACE', replaced(':method', 'TRACE'), 405, 'method_refused'],
    ['a method of lower case', replaced(':method', 'get'), 405, 'method_refused'],
    ['two content-type', [...POST, ['content-type', 'a/b'], ['content-type', 'c/d']], 400, 'request_ambiguous'],
    ['two authorization', [...GOOD, ['authorization', 'Bearer a'], ['authorization', 'Bearer b']], 400, 'request_ambiguous'],
    ['a body on GET', GOOD, 400, 'body_refused', (id) => [frame(FRAME.data, END_STREAM, id, Buffer.from('abc'))]],
    ['an expectation', [...POST, ['expect', 'something']], 417, 'expectation_refused'],
    ['more fields than are taken', [...GOOD, ...Array.from({ length: 201 }, (_, at) => [`x-${at}`, '1'] as const)], 431, 'headers_too_large'],
    ['a path over its bound', replaced(':path', `/${'a'.repeat(1_000)}`), 414, 'uri_too_long'],
  ]
  for (const [name, fields, status, code, after] of refusals) {
    it(`${name}: ${status} ${code}, told once, and the connection lives`, async () => {
      const [accepted, refused] = [harness.received.length, harness.refused.length]
      expect(await outcome(fields, after)).toEqual({ status, code })
      expect([harness.received.length, harness.refused.length]).toEqual([accepted, refused + 1])
      expect(await outcome(GOOD)).toMatchObject({ status: 200 })
    })
  }

  it('a CONNECT: sent back to HTTP/1.1, told once', async () => {
    const refused = harness.refused.length
    expect(await outcome([[':method', 'CONNECT'], [':authority', 'other.example.com:443']])).toEqual({ reset: 13 })
    expect(harness.refused.slice(refused)).toMatchObject([{ denial: { denial: 'method_refused', detail: 'a CONNECT inside a tunnel' }, host: 'other.example.com:443' }])
  })

  it('trailers of a request: dropped, and what is in them is not judged as fields', async () => {
    const before = harness.received.length
    expect(await outcome(POST, (id) => [frame(FRAME.data, 0, id, Buffer.from('abc')), frame(FRAME.headers, END_HEADERS | END_STREAM, id, block(['x-http-method-override', 'DELETE'], ['authorization', 'Bearer x']))])).toMatchObject({ status: 200 })
    expect(harness.received[before]?.request.headers).toEqual([])
  })
})

describe('a body that is broken off', () => {
  for (const [name, code] of [['with CANCEL', 8], ['with NO_ERROR', 0], ['with INTERNAL_ERROR', 2]] as const) {
    it(`${name}: is never taken for a whole one`, async () => {
      stream += 2
      const id = stream
      const before = harness.received.length
      connection.write(frame(FRAME.headers, END_HEADERS, id, block(...POST)), frame(FRAME.data, 0, id, Buffer.from('half')))
      await expect.poll(() => harness.received.length).toBe(before + 1)
      const client = harness.received.at(-1)?.client
      const told: string[] = []
      client?.body.on('end', () => told.push('end')).on('close', () => told.push('close'))
      client?.onClose(() => told.push('over'))
      const payload = Buffer.alloc(4)
      payload.writeUInt32BE(code)
      connection.write(frame(FRAME.rst, 0, id, payload))
      await expect.poll(() => told.toSorted()).toEqual(['close', 'over'])
      expect([client?.gone, client?.received]).toEqual([true, false])
    })
  }
})
