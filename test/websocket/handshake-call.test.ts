import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/egress/upstream-error.ts'
import type { AnswerHandler, UpstreamCall } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { HandshakeCall, type HandshakeLimits } from '../../src/proxy/upgrade/handshake-call.ts'

let server: Server
let answer = ''
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => void socket.write(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

/** Asks, and tells how it ended. */
function ended(begin: (call: UpstreamCall) => void = () => undefined, port = (server.address() as AddressInfo).port, limits: Partial<HandshakeLimits> = {}): Promise<Error> {
  return new Promise((resolve, reject) => {
    const nothing = (): void => undefined
    const handler: AnswerHandler = { onCall: begin, onBodySent: nothing, onInterim: nothing, onHead: nothing, onData: nothing, onEnd: () => reject(new Error('it ended well')), onError: resolve }
    new HandshakeCall({
      request: { method: 'GET', target: '/', authority: 'a.example', fields: [], body: { kind: 'none' } }, protocols: [], handler, timers: systemTimers,
      limits: { answerTimeoutMs: 80, bodyIdleTimeoutMs: 80, wholeTimeoutMs: 0, maxHeadBytes: 4_096, ...limits }, opened: () => reject(new Error('it opened')),
    }).start(async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    })
  })
}

describe('a handshake with an upstream', () => {
  it.each([
    ['that never answers', '', 'answer_timeout'],
    ['whose head never ends', 'HTTP/1.1 101 Switching Protocols\r\nX: ', 'answer_timeout'],
    ['whose answer stops', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nsome', 'answer_timeout'],
    ['that sends interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(9), 'answer_invalid'],
  ])('%s ends in its time', async (_name, bytes, code) => {
    answer = bytes
    const error = await ended()
    expect(error instanceof UpstreamError ? error.code : error).toBe(code)
  })

  it.each(['', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nsome'])('ends when the time for the whole is over: %j', async (bytes) => {
    answer = bytes
    expect(await ended(undefined, undefined, { wholeTimeoutMs: 60, answerTimeoutMs: 60_000, bodyIdleTimeoutMs: 60_000 })).toMatchObject({ code: 'answer_timeout', message: 'the whole call took too long' })
  })

  it('that was given up before it was dialled is told of just that, and of nothing after', async () => {
    const reason = new Error('given up')
    expect(await ended((call) => call.abort(reason))).toBe(reason)
  })

  it('that cannot be dialled is told so', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as AddressInfo
    gone.close()
    await once(gone, 'close')
    expect(await ended(undefined, port)).toMatchObject({ code: 'ECONNREFUSED' })
  })
})
