import { readFileSync } from 'node:fs'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { RECORDER_HOST, answerOk } from '../support/recorder.ts'
import { STAGE_CONSENT, type Stage } from '../support/stage.ts'
import { Wire } from '../support/wire.ts'
import { eventually, OTHER, startLimitsStage } from './limits-world.ts'

const HANDSHAKE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
const AGENT_CONNECTIONS = 3
const NO_PLACE = { connections: 0, unproven: 0, proven: 0, tunnels: 0, exchanges: 0 }

let stage: Stage
let token: string
beforeAll(async () => {
  stage = await startLimitsStage(`connections: 12, agent_connections: ${AGENT_CONNECTIONS}`, {
    config: (text) => text.replace('      - { route: "GET /v1/{+rest}"', '      - { route: "WEBSOCKET /v1/socket", access: read, scopes: [any:read] }\n      - { route: "GET /v1/{+rest}"'),
  })
  token = await stage.world.token({ consent: STAGE_CONSENT })
})
afterAll(() => stage.close())

/** What is taken at the moment. */
function places(): typeof NO_PLACE {
  const { admission, connections } = stage.world.service.dataPlane
  return {
    connections: connections.open, unproven: connections.unproven, proven: admission.connections.taken, tunnels: admission.tunnels.taken, exchanges: admission.exchanges.taken,
  }
}

async function allGivenBack(): Promise<void> {
  await eventually(() => JSON.stringify(places()) === JSON.stringify(NO_PLACE))
}

/** A tunnel by CONNECT, the proof of its agent shown. */
async function byConnect(shown = token): Promise<Socket> {
  const { socket, head } = await new TestAgent(stage.world, shown).connectTo(`${RECORDER_HOST}:443`)
  if (head.status !== 200) throw new Error(`${head.status} ${head.code ?? ''}`)
  socket.removeAllListeners('data')
  return socket
}

async function http2On(socket: Socket): Promise<ClientHttp2Session> {
  const tls = connectTls({ socket, servername: RECORDER_HOST, ca: readFileSync(stage.world.bundle), ALPNProtocols: ['h2'] })
  const session = connectHttp2(`https://${RECORDER_HOST}`, { createConnection: () => tls })
  session.on('error', () => undefined)
  await new Promise((resolve, reject) => session.once('remoteSettings', resolve).once('error', reject))
  return session
}

async function statusOf(session: ClientHttp2Session): Promise<unknown> {
  const stream = session.request({ ':path': '/v1/one' })
  stream.resume()
  return new Promise((resolve, reject) => stream.once('response', (headers) => resolve(headers[':status'])).once('error', reject))
}

describe('a place', () => {
  it('is one for an HTTP/2 connection in a tunnel, whatever it carries, and is given back', async () => {
    const session = await http2On(await byConnect())
    expect(await Promise.all(Array.from({ length: 8 }, () => statusOf(session)))).toEqual(Array.from({ length: 8 }, () => 200))
    await eventually(() => places().exchanges === 0)
    expect(places()).toMatchObject({ connections: 1, unproven: 0, proven: 1, tunnels: 1 })
    session.destroy()
    await allGivenBack()
  })

  it.each([false, true])('is one for a WebSocket, in a tunnel: %s, and is given back whoever ends it', async (tunnelled) => {
    const asked: Socket[] = []
    stage.recorder.respond = (socket) => void asked.push(socket)
    const socket = tunnelled ? connectTls({ socket: await byConnect(), servername: RECORDER_HOST, ca: readFileSync(stage.world.bundle) }) : connect(stage.world.port, '127.0.0.1')
    const proof = tunnelled ? [] : [`Authorization: Bearer ${token}`]
    const wire = new Wire(socket, () => undefined)
    wire.send(requestBytes('GET', tunnelled ? '/v1/socket' : '/recorder/v1/socket', tunnelled ? RECORDER_HOST : '127.0.0.1', { fields: [...HANDSHAKE, ...proof] }))
    await eventually(() => asked.length === 1)
    expect(places()).toEqual({ connections: 1, unproven: 0, proven: 1, tunnels: tunnelled ? 1 : 0, exchanges: 1 })
    if (tunnelled) wire.close()
    else asked[0]?.destroy()
    await wire.closed
    await allGivenBack()
    stage.recorder.respond = answerOk
  })

  it('is refused to an agent that has its share, by whichever door; another gets one', async () => {
    const held = [await byConnect(), await byConnect(), await byConnect()]
    await expect(byConnect()).rejects.toThrow('503 overloaded')
    expect((await stage.agent.reverse('GET', '/recorder/v1/one')).code).toBe('overloaded')
    held.push(await byConnect(await stage.world.token({ ...OTHER, consent: STAGE_CONSENT })))
    await eventually(() => places().connections === AGENT_CONNECTIONS + 1)
    for (const socket of held) socket.destroy()
    await allGivenBack()
  })
})
