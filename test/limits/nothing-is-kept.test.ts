import { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Http1Call } from '../../src/egress/http1/http1-call.ts'
import { Relay } from '../../src/proxy/forward/relay.ts'
import { Http1Client } from '../../src/proxy/listener/http1-client.ts'
import { UpgradeClient } from '../../src/proxy/listener/upgrade-client.ts'
import { requestBytes } from '../support/agent-client.ts'
import { answerOk } from '../support/recorder.ts'
import { startStage, STAGE_CONSENT, type Stage } from '../support/stage.ts'
import { eventually } from './limits-world.ts'

const EACH = 100
const AT_A_TIME = 25
/** Pools, connections and the last one's caches are there to stay, however many came before. */
const KEPT_AT_MOST = 10
const MADE = { Http1Client, UpgradeClient, Relay, Http1Call }
const HANDSHAKE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

let stage: Stage
let proof: string
let seen = 0
beforeAll(async () => {
  stage = await startStage({
    auditMode: 'relaxed',
    config: (text) => text.replace('      - { route: "GET /v1/{+rest}"', '      - { route: "WEBSOCKET /v1/socket", access: read, scopes: [any:read] }\n      - { route: "GET /v1/{+rest}"'),
  })
  proof = `Authorization: Bearer ${await stage.world.token({ consent: STAGE_CONSENT })}`
})
afterAll(() => stage.close())

const bytes = (method: string, path: string, fields: readonly string[] = [], body?: string): Buffer => requestBytes(method, `/recorder${path}`, '127.0.0.1', { fields: [proof, ...fields], ...(body === undefined ? {} : { body }) })

interface Kind {
  readonly name: string
  readonly sends: () => Buffer
  readonly respond: (socket: Socket) => void
  /** When the client leaves. */
  readonly until: 'asked' | 'answered' | 'sent'
}

const silent = (): void => { seen += 1 }
const half = (socket: Socket): void => {
  seen += 1
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf')
}
const cut = (socket: Socket): void => {
  half(socket)
  socket.destroy()
}
const KINDS: readonly Kind[] = [
  { name: 'answered', sends: () => bytes('GET', '/v1/a'), respond: answerOk, until: 'answered' },
  { name: 'left before the answer', sends: () => bytes('GET', '/v1/a'), respond: silent, until: 'asked' },
  { name: 'left within the answer', sends: () => bytes('GET', '/v1/a'), respond: half, until: 'answered' },
  { name: 'cut by the upstream', sends: () => bytes('GET', '/v1/a'), respond: cut, until: 'answered' },
  { name: 'left within the body', sends: () => bytes('POST', '/v1/a', [], 'a body').subarray(0, -3), respond: silent, until: 'sent' },
  { name: 'refused', sends: () => bytes('DELETE', '/v1/a'), respond: answerOk, until: 'answered' },
  { name: 'malformed', sends: () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nBad\x01Name: b\r\n\r\n'), respond: answerOk, until: 'answered' },
  { name: 'left before a WebSocket stood', sends: () => bytes('GET', '/v1/socket', HANDSHAKE), respond: silent, until: 'asked' },
]

async function once({ sends, until }: Kind): Promise<void> {
  const socket = connect(stage.world.port, '127.0.0.1').on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const before = stage.world.service.dataPlane.pipeline.open
  socket.write(sends())
  if (until === 'answered') await new Promise((resolve) => socket.once('data', resolve).once('close', resolve))
  else await eventually(() => (until === 'asked' ? seen > 0 : stage.world.service.dataPlane.pipeline.open > before || socket.destroyed))
  socket.destroy()
  await closed
}

/** How many of each are alive; a full collection goes before each count. */
function alive(): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(MADE).map(([name, made]) => [name, queryObjects(made, { format: 'count' })]))
}

it.each(KINDS)('exchanges that were $name give back what they took', async (kind) => {
  stage.recorder.respond = kind.respond
  for (let done = 0; done < EACH; done += AT_A_TIME) {
    seen = 0
    await Promise.all(Array.from({ length: AT_A_TIME }, () => once(kind)))
  }
  const { pipeline, connections, admission, live } = stage.world.service.dataPlane
  await eventually(() => pipeline.open + connections.open + live.size === 0)
  expect(admission.exchanges.taken + admission.connections.taken).toBe(0)
})

it('and of all these exchanges nothing is alive any more', async () => {
  // What was told to linger may do so for a second.
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  for (const [name, count] of Object.entries(alive())) expect([name, count]).toEqual([name, Math.min(count, KEPT_AT_MOST)])
})

it('and they are counted at all: while exchanges are under way they are there', async () => {
  seen = 0
  stage.recorder.respond = silent
  const sockets = Array.from({ length: 20 }, () => connect(stage.world.port, '127.0.0.1').on('error', () => undefined))
  for (const socket of sockets) socket.write(bytes('GET', '/v1/a'))
  await eventually(() => seen === 20)
  expect(queryObjects(Relay, { format: 'count' })).toBeGreaterThanOrEqual(20)
  for (const socket of sockets) socket.destroy()
  await eventually(() => stage.world.service.dataPlane.pipeline.open === 0)
})

it('a connection at rest does not keep its last request', async () => {
  stage.recorder.respond = answerOk
  const sockets = Array.from({ length: 30 }, () => connect(stage.world.port, '127.0.0.1').on('error', () => undefined))
  await Promise.all(sockets.map((socket) => new Promise((resolve) => {
    socket.once('data', resolve).once('close', resolve)
    socket.write(bytes('GET', '/v1/a'))
  })))
  await eventually(() => stage.world.service.dataPlane.pipeline.open === 0)
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([])
  expect(queryObjects(IncomingMessage, { format: 'count' })).toBeLessThanOrEqual(KEPT_AT_MOST)
  for (const socket of sockets) socket.destroy()
})
