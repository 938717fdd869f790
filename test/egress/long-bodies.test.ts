import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import { UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import { TurnShares } from '../../src/egress/turn-shares.ts'
import type { UpstreamBody, UpstreamCall } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'

const BYTES = randomBytes(3 * 1_048_576)
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

let server: Server
let upstreams: readonly Http1Upstream[]
let connections = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.method === 'GET') return void response.end(BYTES)
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')))
  }).on('connection', () => { connections += 1 }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const turns = new TurnShares()
  const dial = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  upstreams = [1, 2].map(() => new Http1Upstream(dial, UPSTREAM_SETTINGS, systemTimers, turns))
})
afterAll(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.destroy()))
  server.closeAllConnections()
  server.close()
})

/** The whole answer, or the error that ended it. @param reads called with each piece */
function answered(upstream: Http1Upstream, method: string, body: UpstreamBody, reads: (call: UpstreamCall | undefined) => void = () => undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let call: UpstreamCall | undefined
    upstream.dispatch({ method, target: '/', authority: 'a.example', fields: [], body }, {
      onCall: (made) => { call = made },
      onBodySent: () => undefined, onInterim: () => undefined, onHead: () => undefined,
      onData: (chunk) => {
        chunks.push(chunk)
        reads(call)
      },
      onEnd: () => resolve(Buffer.concat(chunks)),
      onError: reject,
    })
  })
}

const download = (upstream: Http1Upstream, reads?: (call: UpstreamCall | undefined) => void): Promise<Buffer> => answered(upstream, 'GET', { kind: 'none' }, reads)

function upload(upstream: Http1Upstream, length: number | undefined): Promise<Buffer> {
  const pieces = Array.from({ length: 48 }, (_, at) => BYTES.subarray(at * 65_536, (at + 1) * 65_536))
  return answered(upstream, 'PUT', { kind: 'stream', stream: Readable.from(pieces, { objectMode: false }), length })
}

describe('long bodies that share the event loop', () => {
  it('arrive whole in both directions, at their readers’ pace, and leave their connections as they were', async () => {
    const whole = hashOf(BYTES)
    for (let round = 0; round < 2; round += 1) {
      const down = upstreams.flatMap((upstream) => Array.from({ length: 6 }, (_, at) => download(upstream, at % 2 === 0 ? undefined : (call) => {
        call?.pause()
        setImmediate(() => call?.resume())
      })))
      const up = upstreams.flatMap((upstream) => Array.from({ length: 6 }, (_, at) => upload(upstream, at % 2 === 0 ? BYTES.length : undefined)))
      expect((await Promise.all(down)).map(hashOf)).toEqual(Array.from({ length: 12 }, () => whole))
      expect((await Promise.all(up)).map(String)).toEqual(Array.from({ length: 12 }, () => whole))
    }
    expect(connections).toBe(24)
  })

  it('end while they wait for their turn as at any other time', async () => {
    let pieces = 0
    const reason = new Error('given up')
    const many = Array.from({ length: 20 }, () => download(upstreams[0] as Http1Upstream, (call) => {
      pieces += 1
      if (pieces > 300) call?.abort(reason)
    }))
    const ends = await Promise.allSettled(many)
    expect(ends.some(({ status }) => status === 'rejected')).toBe(true)
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBe(reason)
    expect(hashOf(await download(upstreams[0] as Http1Upstream))).toBe(hashOf(BYTES))
  })
})
