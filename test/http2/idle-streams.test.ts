import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientSide } from '../../src/proxy/client-side.ts'
import type { Received } from '../../src/proxy/exchange.ts'
import { startHarness, type Harness } from '../listener/harness.ts'
import { block, END_HEADERS, END_STREAM, frame, FRAME, u32 } from './frames.ts'
import { codeOf, openRaw, type RawConnection } from './raw-frames.ts'

const IDLE_MS = 400
const STEP_MS = 50
const CANCEL = 8
const PIECE = Buffer.alloc(16_384, 'x')
const PING = frame(FRAME.ping, 0, 0, Buffer.alloc(8))

let harness: Harness
/** How a path is answered. */
const answers = new Map<string, (client: ClientSide) => void>()
beforeAll(async () => {
  harness = await startHarness({ limits: { idleTimeoutMs: IDLE_MS }, exchange: ({ client, request }: Received) => {
    if (request.framing.kind === 'chunked') client.body.on('error', () => undefined).resume()
    answers.get(request.path)?.(client)
  } })
})
afterAll(() => harness.close())

const head = (method: string, path: string): Buffer => block([':method', method], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', path])
const get = (path: string): Buffer => frame(FRAME.headers, END_HEADERS | END_STREAM, 1, head('GET', path))
const post = (path: string): Buffer => frame(FRAME.headers, END_HEADERS, 1, head('POST', path))
const some = (text: string, stream = 1): Buffer => frame(FRAME.data, 0, stream, Buffer.from(text))
/** Another stream of the connection, on which something comes all the time; and a PING. */
const BESIDE = frame(FRAME.headers, END_HEADERS, 3, head('POST', '/beside'))
const passesBeside = (): Buffer => Buffer.concat([PING, some('x', 3)])

/** Writes something every now and then, until the first stream is reset. @returns how often, and the code */
async function untilReset(connection: RawConnection, times: number, step: () => Buffer): Promise<{ readonly steps: number; readonly code: number | undefined }> {
  let steps = 0
  const reset = connection.next(({ type, stream }) => type === FRAME.rst && stream === 1)
  let code: number | undefined
  void reset.then((one) => { code = codeOf(one) })
  while (code === undefined && steps < times) {
    connection.write(step(), passesBeside())
    steps += 1
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
  }
  return { steps, code }
}

const silent = (): void => undefined
/** Without end, as fast as it is taken. */
const streaming = (client: ClientSide): void => {
  client.head(200, [], undefined)
  const more = (): void => {
    while (!client.gone) if (!client.write(PIECE)) return client.onDrain(more)
  }
  more()
}
/** Tries to write a little all the time. */
const dripping = (client: ClientSide): void => {
  streaming(client)
  const timer = setInterval(() => client.write(Buffer.from('x')), STEP_MS)
  client.onClose(() => clearInterval(timer))
}

function pathFor(what: string, how: (client: ClientSide) => void): string {
  const path = `/${what.replaceAll(/[^a-z]/g, '')}`
  answers.set(path, how)
  return path
}

describe.concurrent('a stream that stands still, beside one that moves, on a connection with PINGs', () => {
  it.each([
    ['whose request’s body stops coming', post, some('begun'), silent],
    ['whose request’s body never comes', post, PING, silent],
    ['whose answer is not taken', get, PING, streaming],
    ['whose answer is not taken, and goes on', get, PING, dripping],
    ['whose answer is not taken, while its request’s body has stopped coming', post, some('begun'), streaming],
  ])('%s is reset after the idle time', async (what, request, first, how) => {
    const path = pathFor(what, how)
    const connection = await openRaw(harness)
    connection.write(request(path), BESIDE, first)
    const { steps, code } = await untilReset(connection, 40, () => PING)
    connection.socket.destroy()
    expect([code, connection.frames.some(({ type }) => type === FRAME.goaway)]).toEqual([CANCEL, false])
    expect(steps).toBeGreaterThan(IDLE_MS / STEP_MS / 3)
  })

  it.each([
    ['whose request’s body comes slowly', post, () => some('x'), silent],
    ['whose answer is taken slowly', get, () => Buffer.concat([0, 1].map((stream) => frame(FRAME.window, 0, stream, u32(PIECE.length)))), streaming],
    ['that waits for its answer', get, () => PING, silent],
    ['whose answer was taken as far as it has come', get, () => PING, (client: ClientSide) => {
      client.head(200, [], undefined)
      client.write(Buffer.from('first'))
    }],
  ])('%s is kept', async (what, request, step, how) => {
    const path = pathFor(what, how)
    const connection = await openRaw(harness)
    connection.write(request(path), BESIDE)
    const { code } = await untilReset(connection, (3 * IDLE_MS) / STEP_MS, step)
    connection.socket.destroy()
    expect([code, connection.frames.some(({ type }) => type === FRAME.goaway)]).toEqual([undefined, false])
  })
})
