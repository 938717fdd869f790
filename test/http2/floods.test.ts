import { constants } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask as askHttp1, startHarness, type Harness } from '../listener/harness.ts'
import { ask, sessionThroughTunnel, settled, tlsThroughTunnel } from './h2-client.ts'
import { block, END_HEADERS, END_STREAM, frame, FRAME, u32 } from './frames.ts'
import { codeOf, openRaw, type RawConnection } from './raw-frames.ts'

const GET = block([':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/x'])
const CANCEL = u32(8)
const REFUSED_STREAM = 7

let harness: Harness
/** Answers on `/held` wait here. */
const held: (() => void)[] = []
beforeAll(async () => {
  harness = await startHarness({
    limits: { keepAliveTimeoutMs: 300, headerTimeoutMs: 300 },
    exchange: ({ client, request }) => {
      if (request.path === '/held') held.push(() => client.answer(204, [], undefined))
      else client.answer(200, ['content-type', 'text/plain'], Buffer.from('ok'))
    },
  })
})
afterAll(() => harness.close())

const written = { bytes: 0 }
function endless(client: { head(status: number, fields: readonly string[], length: undefined): void; write(chunk: Buffer): boolean; onDrain(listener: () => void): void; readonly gone: boolean }): void {
  client.head(200, [], undefined)
  const more = (): void => {
    while (!client.gone) {
      written.bytes += 65_536
      if (!client.write(Buffer.alloc(65_536))) return client.onDrain(more)
    }
  }
  more()
}

async function expectOthersServed(): Promise<void> {
  const session = await sessionThroughTunnel(harness, 'api.example.com:443')
  expect((await ask(session, { ':path': '/x' })).body).toBe('ok')
  session.destroy()
  const socket = await tlsThroughTunnel(harness, 'api.example.com:443', { protocols: ['http/1.1'] })
  expect(await askHttp1(socket, 'GET /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n')).toContain('200 OK')
}

/** Writes until the connection ends, or everything is written. */
async function flood(connection: RawConnection, make: (at: number) => Buffer, count: number): Promise<void> {
  for (let at = 0; at < count && !connection.socket.destroyed; at += 200) {
    connection.write(...Array.from({ length: 200 }, (_, one) => make(at + one)))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Floods until the connection has ended. @returns the code of its GOAWAY, NO_ERROR where it was only idle; `closed` where none came */
async function flooded(connection: RawConnection, make: (at: number) => Buffer, count: number): Promise<number | 'closed'> {
  await flood(connection, make, count)
  await connection.closed
  return codeOf(connection.frames.find(({ type }) => type === FRAME.goaway)) ?? 'closed'
}

describe('a flood of', () => {
  it('streams that are reset at once (CVE-2023-44487) ends the connection, and is bounded in what it starts', async () => {
    const before = harness.received.length
    const connection = await openRaw(harness)
    const code = await flooded(connection, (at) => Buffer.concat([frame(FRAME.headers, END_HEADERS | END_STREAM, at * 2 + 1, GET), frame(FRAME.rst, 0, at * 2 + 1, CANCEL)]), 4_000)
    expect(code).not.toBe(constants.NGHTTP2_NO_ERROR)
    expect(harness.received.length - before).toBeLessThan(1_200)
    await expectOthersServed()
  })

  for (const [name, make, count] of [
    ['SETTINGS (CVE-2019-9515)', () => frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(65_535)])), 40_000],
    ['PING (CVE-2019-9512)', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)), 40_000],
    ['frames of a kind that nobody knows', () => frame(99, 0, 0, Buffer.alloc(0)), 4_000],
    ['PRIORITY (CVE-2019-9513)', () => frame(FRAME.priority, 0, 1, Buffer.concat([u32(0), Buffer.from([1])])), 4_000],
  ] as const) {
    it(`${name}: others are served`, async () => {
      const connection = await openRaw(harness)
      // Nothing of ours is read, so that answers would queue.
      connection.socket.pause()
      await flood(connection, make, count)
      await expectOthersServed()
      connection.socket.destroy()
    })
  }

  it('empty DATA (CVE-2019-9518) ends the connection', async () => {
    const connection = await openRaw(harness)
    connection.write(frame(FRAME.headers, END_HEADERS, 1, block([':method', 'POST'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/held'])))
    expect(await flooded(connection, () => frame(FRAME.data, 0, 1), 2_000)).not.toBe(constants.NGHTTP2_NO_ERROR)
    await expectOthersServed()
  })

  it('CONTINUATION (CVE-2024-27983) ends the connection, and nothing is accepted of it', async () => {
    const before = harness.received.length
    const connection = await openRaw(harness)
    connection.write(frame(FRAME.headers, END_STREAM, 1, GET))
    expect(await flooded(connection, (at) => frame(FRAME.continuation, 0, 1, block([`x-${at}`, 'y'.repeat(200)])), 400)).not.toBe(constants.NGHTTP2_NO_ERROR)
    expect(harness.received.length).toBe(before)
    await expectOthersServed()
  })

  it('fields that compress well: reset or answered with 431, not held', async () => {
    const before = harness.received.length
    const connection = await openRaw(harness)
    // One field of 4 KB into the table, and then its index, byte by byte.
    const entry = Buffer.concat([Buffer.from([0x40]), block(['x-bomb', 'z'.repeat(3_900)]).subarray(1)])
    connection.write(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, Buffer.concat([GET, entry, Buffer.alloc(12_000, 0xbe)])))
    const end = await connection.next(({ stream, type }) => stream === 1 && (type === FRAME.rst || type === FRAME.headers))
    expect([FRAME.rst, FRAME.headers]).toContain(end?.type)
    expect(harness.received.length).toBe(before)
    connection.socket.destroy()
  })

  it('streams over what a connection may have open: those beyond are refused, the others answered', async () => {
    held.length = 0
    const connection = await openRaw(harness)
    for (let at = 0; at < 110; at += 1) connection.write(frame(FRAME.headers, END_HEADERS | END_STREAM, at * 2 + 1, block([':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/held'])))
    await expect.poll(() => held.length).toBe(100)
    await expect.poll(() => connection.frames.filter((one) => one.type === FRAME.rst && codeOf(one) === REFUSED_STREAM).length + (connection.socket.destroyed ? 10 : 0)).toBeGreaterThanOrEqual(10)
    for (const answer of held.splice(0)) answer()
    connection.socket.destroy()
  })
})

describe('a client that stands still', () => {
  it('with a window of nothing holds one buffer of an endless answer, and is cut in time', async () => {
    written.bytes = 0
    const impatient = await startHarness({ limits: { idleTimeoutMs: 300 }, exchange: ({ client }) => endless(client) })
    const connection = await openRaw(impatient)
    connection.write(frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0)])), frame(FRAME.headers, END_HEADERS | END_STREAM, 1, block([':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/endless'])))
    await expect.poll(() => written.bytes).toBeGreaterThan(0)
    expect(written.bytes).toBeLessThan(1_048_576)
    // Others of its connection may go on meanwhile: it is the stream that stands still.
    const reset = await connection.next(({ stream, type }) => stream === 1 && type === FRAME.rst)
    expect(reset === undefined || codeOf(reset) === constants.NGHTTP2_CANCEL).toBe(true)
    expect(written.bytes).toBeLessThan(1_048_576)
    connection.socket.destroy()
    await impatient.close()
  })

  it('without ever asking is let go, and after its last answer too', async () => {
    const silent = await openRaw(harness)
    await silent.closed
    const session = await sessionThroughTunnel(harness, 'api.example.com:443')
    await ask(session, { ':path': '/x' })
    const goaway = new Promise<number>((resolve) => session.once('goaway', resolve))
    expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR)
    session.destroy()
  })
})

describe('the end of the listener', () => {
  it('tells connections to go, lets what is under way end, refuses what comes then, and resolves', async () => {
    const waiting: (() => void)[] = []
    const ending = await startHarness({ exchange: ({ client, request }) => {
      if (request.path === '/held') waiting.push(() => client.answer(200, [], Buffer.from('done')))
      else client.answer(204, [], undefined)
    } })
    const busy = await sessionThroughTunnel(ending, 'api.example.com:443')
    const idle = await sessionThroughTunnel(ending, 'api.example.com:443')
    const answer = settled(busy.request({ ':path': '/held' }))
    await expect.poll(() => waiting.length).toBe(1)
    const told = Promise.all([busy, idle].map((session) => new Promise((resolve) => session.once('goaway', resolve))))
    const closed = ending.listener.close({ graceMs: 5_000 })
    expect(await told).toEqual([0, 0])
    waiting[0]?.()
    expect((await answer).body).toBe('done')
    await closed
    await ending.close()
  })

  it('cuts what has not ended in time', async () => {
    const ending = await startHarness({ exchange: () => undefined })
    const session = await sessionThroughTunnel(ending, 'api.example.com:443')
    const answer = settled(session.request({ ':path': '/held' }))
    await expect.poll(() => ending.received.length).toBe(1)
    await ending.listener.close({ graceMs: 100 })
    expect((await answer).status).toBeUndefined()
    await ending.close()
  })
})
