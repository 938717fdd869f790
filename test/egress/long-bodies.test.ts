import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { connect, type AddressInfo, type Server } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import { Http2Upstream } from '../../src/egress/http2/http2-upstream.ts'
import { UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import { LONG_BODY_BYTES, TurnShares } from '../../src/egress/turn-shares.ts'
import type { Upstream, UpstreamBody, UpstreamCall } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'

const BYTES = randomBytes(3 * 1_048_576)
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Counts what it is told of, and of how much of it had to wait, by owner. */
class CountedTurns extends TurnShares {
  readonly told = new Map<object, { bytes: number; held: number }>()

  override take(owner: object, bytes: number, goOn: () => void): boolean {
    const told = this.told.get(owner) ?? { bytes: 0, held: 0 }
    this.told.set(owner, told)
    told.bytes += bytes
    const goesOn = super.take(owner, bytes, goOn)
    if (!goesOn) told.held += 1
    return goesOn
  }
}

function answer(method: string | undefined, request: Readable, response: NodeJS.WritableStream): void {
  if (method === 'GET') return void response.end(BYTES)
  const hash = createHash('sha256')
  request.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')))
}

const turns = new CountedTurns()
/** By protocol: a server, and two upstreams on it. */
const worlds: { [protocol: string]: { readonly server: Server; readonly upstreams: readonly Upstream[]; connections: number } } = {}
const sessions = new Set<{ destroy(): void }>()

async function startWorld(protocol: string, server: Server, upstreamOn: (dial: () => Promise<ReturnType<typeof connect>>) => Upstream): Promise<void> {
  server.on('connection', () => { world.connections += 1 }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dial = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const world = { server, upstreams: [upstreamOn(dial), upstreamOn(dial)], connections: 0 }
  worlds[protocol] = world
}

beforeAll(async () => {
  await startWorld('HTTP/1.1', createServer((request, response) => answer(request.method, request, response)), (dial) => new Http1Upstream(dial, UPSTREAM_SETTINGS, systemTimers, turns))
  const http2 = createHttp2Server({ maxSessionMemory: 200 }, (request, response) => answer(request.method, request, response)).on('session', (session) => sessions.add(session))
  await startWorld('HTTP/2', http2, (dial) => new Http2Upstream({ host: 'a.example', port: 80, tls: false }, dial, UPSTREAM_SETTINGS, systemTimers, turns, undefined))
})
afterAll(async () => {
  for (const { server, upstreams } of Object.values(worlds)) {
    await Promise.all(upstreams.map((upstream) => upstream.destroy()))
    server.close()
  }
  for (const session of sessions) session.destroy()
})

/** The whole answer, or the error that ended it. @param reads called with each piece */
function answered(upstream: Upstream, method: string, body: UpstreamBody, reads: (call: UpstreamCall | undefined) => void = () => undefined): Promise<Buffer> {
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

const download = (upstream: Upstream, reads?: (call: UpstreamCall | undefined) => void): Promise<Buffer> => answered(upstream, 'GET', { kind: 'none' }, reads)

function upload(upstream: Upstream, length: number | undefined): Promise<Buffer> {
  const pieces = Array.from({ length: 48 }, (_, at) => BYTES.subarray(at * 65_536, (at + 1) * 65_536))
  return answered(upstream, 'PUT', { kind: 'stream', stream: Readable.from(pieces, { objectMode: false }), length })
}

describe.each([['HTTP/1.1', 24], ['HTTP/2', 2]])('long bodies that share the event loop, over %s', (protocol, connectionsNeeded) => {
  const world = () => worlds[protocol] as NonNullable<(typeof worlds)[string]>

  it('arrive whole in both directions, at their readers’ pace, and leave their connections as they were', async () => {
    const whole = hashOf(BYTES)
    const { upstreams } = world()
    for (let round = 0; round < 2; round += 1) {
      const down = upstreams.flatMap((upstream) => Array.from({ length: 6 }, (_, at) => download(upstream, at % 2 === 0 ? undefined : (call) => {
        call?.pause()
        setImmediate(() => call?.resume())
      })))
      const up = upstreams.flatMap((upstream) => Array.from({ length: 6 }, (_, at) => upload(upstream, at % 2 === 0 ? BYTES.length : undefined)))
      expect((await Promise.all(down)).map(hashOf)).toEqual(Array.from({ length: 12 }, () => whole))
      expect((await Promise.all(up)).map(String)).toEqual(Array.from({ length: 12 }, () => whole))
    }
    expect(world().connections).toBe(connectionsNeeded)
    // Two rounds of twelve bodies of each, but for what each of them has free.
    for (const upstream of upstreams) {
      expect(turns.told.get(upstream)?.bytes).toBeGreaterThan(2 * 12 * (BYTES.length - 2 * LONG_BODY_BYTES))
      expect(turns.told.get(upstream)?.held).toBeGreaterThan(10)
    }
  })

  it('end while they wait for their turn as at any other time', async () => {
    let pieces = 0
    const reason = new Error('given up')
    const many = Array.from({ length: 20 }, () => download(world().upstreams[0] as Upstream, (call) => {
      pieces += 1
      if (pieces > 300) call?.abort(reason)
    }))
    const ends = await Promise.allSettled(many)
    expect(ends.some(({ status }) => status === 'rejected')).toBe(true)
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBe(reason)
    expect(hashOf(await download(world().upstreams[0] as Upstream))).toBe(hashOf(BYTES))
  })
})
