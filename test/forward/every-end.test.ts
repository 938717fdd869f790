import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { startRecordingUpstream, type RecordingUpstream } from '../support/recording-upstream.ts'
import { startForwardWorld, type ForwardWorld } from './forward-world.ts'

const GZIPPED = gzipSync('some text that comes coded, '.repeat(400))
const BIG = Buffer.alloc(300_000, 'x')

/** What the upstream does once the head of a request is there. */
const ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  whole: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  nothing: () => undefined,
  'an interim answer alone': (socket) => socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
  'a head alone': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'),
  'a half': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha'),
  'a half, and its end': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha'),
  'until its end': (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall'),
  'much, in chunks': (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${BIG.length.toString(16)}\r\n`)
    socket.write(BIG)
    socket.write('\r\n0\r\nX-T: 1\r\n\r\n')
  },
  coded: (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${GZIPPED.length}\r\n\r\n`)
    socket.write(GZIPPED)
  },
  'coded, a half': (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${GZIPPED.length}\r\n\r\n`)
    socket.write(GZIPPED.subarray(0, 60))
  },
  'what is no answer': (socket) => socket.write('what\r\n\r\n'),
  'its end': (socket) => socket.destroy(),
}
const REQUESTS: Readonly<Record<string, string>> = {
  GET: 'GET /a HTTP/1.1\r\nHost: p\r\n\r\n',
  HEAD: 'HEAD /a HTTP/1.1\r\nHost: p\r\n\r\n',
  'POST, whole': 'POST /a HTTP/1.1\r\nHost: p\r\nContent-Length: 3\r\n\r\nabc',
  'POST, begun': 'POST /a HTTP/1.1\r\nHost: p\r\nContent-Length: 9\r\n\r\nabc',
}
/** After how many milliseconds the client leaves: also within the dial, and before anything was sent. */
const LEAVES = [0, 1, 3, 12]

let upstream: RecordingUpstream
let world: ForwardWorld
let answer: (socket: Socket) => void = () => undefined
beforeAll(async () => {
  upstream = await startRecordingUpstream({ respond: (socket) => answer(socket) })
  world = await startForwardWorld(upstream.port, {}, { credential: { secret: new Secret('upstream-secret') }, rejected: () => undefined })
})
afterAll(async () => {
  await world.close()
  await upstream.close()
})

describe('an exchange whose client leaves at any moment', () => {
  it.each(Object.entries(ANSWERS))('ends once, and holds nothing any more: the upstream answers %s', async (_, how) => {
    answer = how
    const before = world.endings.length
    const clients = Object.values(REQUESTS).flatMap((text) => LEAVES.map(async (leavesMs) => {
      const socket = connect(world.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.resume()
      await new Promise<void>((resolve) => void socket.write(text, () => resolve()))
      await new Promise<void>((resolve) => void setTimeout(resolve, leavesMs))
      socket.destroy()
    }))
    await Promise.all(clients)
    await expect.poll(() => world.endings.length - before).toBe(clients.length)
    await expect.poll(() => world.live.size).toBe(0)
    // Whatever still came: none ends twice.
    await new Promise<void>((resolve) => void setImmediate(resolve))
    expect(world.endings.length - before).toBe(clients.length)
  })
})
