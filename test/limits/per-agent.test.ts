import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes } from '../support/agent-client.ts'
import { answerOk, RECORDER_HOST } from '../support/recorder.ts'
import type { Stage } from '../support/stage.ts'
import { valuesOf, type Answer } from '../support/wire.ts'
import { eventually, OTHER, startLimitsStage } from './limits-world.ts'

let stage: Stage
let held: Socket[] = []

beforeAll(async () => {
  stage = await startLimitsStage('exchanges: 8, agent_exchanges: 4, connections: 40, agent_connections: 6, tunnels: 10')
})
afterAll(() => stage.close())
afterEach(async () => {
  release()
  stage.recorder.respond = answerOk
  await eventually(() => taken() === 0 && stage.world.service.dataPlane.admission.connections.taken === 0)
})

const taken = (): number => stage.world.service.dataPlane.admission.exchanges.taken

/** The recorder keeps every request waiting. */
function hold(): void {
  held = []
  stage.recorder.respond = (socket) => void held.push(socket)
}

function release(): void {
  for (const socket of held.splice(0)) answerOk(socket)
}

/** Requests that are under way once this resolves. */
async function underWay(agent: Stage['agent'], count: number): Promise<{ readonly answers: Promise<readonly Answer[]> }> {
  const before = taken()
  const answers = Promise.all(Array.from({ length: count }, () => agent.reverse('GET', '/recorder/v1/slow')))
  await eventually(() => taken() === before + count && held.length >= before + count)
  return { answers }
}

describe('an agent at its bound', () => {
  it('is told to come back, nothing of it leaves, and it is on record; another is served', async () => {
    hold()
    const { answers } = await underWay(stage.agent, 4)
    const reached = stage.reached()
    const shed = await stage.agent.reverse('GET', '/recorder/v1/one-more')
    expect([shed.status, shed.code, valuesOf(shed, 'retry-after')]).toEqual([503, 'overloaded', ['1']])
    expect(stage.reached()).toBe(reached)
    expect(await stage.world.recorded(({ code, http }) => code === 'overloaded' && (http as { path: string }).path === '/v1/one-more')).toMatchObject({
      event: 'api.denied', agent: { id: 'agent:pr-reviewer' }, outcome: 'denied', reason: "admit: the agent's bound of exchanges is reached: 4",
    })
    const other = await stage.agentWith(OTHER)
    stage.recorder.respond = answerOk
    expect((await other.reverse('GET', '/recorder/v1/mine')).status).toBe(200)
    release()
    expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('has one bound, by whichever delegation and door it comes', async () => {
    hold()
    await underWay(stage.agent, 3)
    const forBob = await stage.agentWith({ person: 'user:bob@acme.com' })
    await underWay(forBob, 1)
    expect((await forBob.reverse('GET', '/recorder/v1/a')).code).toBe('overloaded')
    const wire = await stage.agent.tunnel(RECORDER_HOST)
    expect((await wire.ask(requestBytes('GET', '/v1/a', RECORDER_HOST))).code).toBe('overloaded')
    wire.close()
  })

  it('learns nothing of who else is there, and who shows no proof is told just that', async () => {
    hold()
    await underWay(stage.agent, 4)
    expect((await stage.agent.raw('GET /recorder/v1/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).code).toBe('identity_required')
  })
})

describe('the place of an exchange is given back', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['once it is answered', () => stage.agent.reverse('GET', '/recorder/v1/a')],
    ['once it is refused', () => stage.agent.reverse('GET', '/recorder/nothing')],
    ['once it is refused with its body unread', () => stage.agent.reverse('POST', '/recorder/nothing', { body: 'x'.repeat(300_000) })],
    ['once the upstream broke off', async () => {
      stage.recorder.respond = (socket) => void socket.destroy()
      await stage.agent.reverse('POST', '/recorder/v1/a', { body: '{}' })
    }],
    ['once the client has gone', async () => {
      hold()
      const wire = await stage.agent.connect()
      wire.send(await ofThePerson('GET /recorder/v1/a'))
      await eventually(() => held.length === 1)
      wire.close()
    }],
    ['once a tunnel with requests in it has gone', async () => {
      hold()
      const wire = await stage.agent.tunnel(RECORDER_HOST)
      for (let n = 0; n < 3; n += 1) wire.send(requestBytes('GET', '/v1/a', RECORDER_HOST))
      await eventually(() => taken() === 3)
      wire.close()
    }],
  ])('%s', async (_, act) => {
    await act()
    await eventually(() => taken() === 0)
    expect(stage.world.service.dataPlane.pipeline.open).toBe(0)
  })

  it('when the client has taken the answer, and not before', async () => {
    stage.recorder.respond = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${16 * 1_048_576}\r\n\r\n`)
      socket.write(Buffer.alloc(16 * 1_048_576, 'x'))
    }
    const socket = connect(stage.world.port, '127.0.0.1')
    socket.write(await ofThePerson('GET /recorder/v1/large'))
    await new Promise((resolve) => socket.once('readable', resolve))
    expect(taken()).toBe(1)
    socket.resume()
    await eventually(() => taken() === 0)
    socket.destroy()
  })
})

describe('the connections of an agent', () => {
  it('are bounded: a tunnel more is refused, and one that ends makes room', async () => {
    const tunnels = []
    for (let n = 0; n < 6; n += 1) tunnels.push(await stage.agent.tunnel(RECORDER_HOST))
    expect((await stage.agent.connectTo(`${RECORDER_HOST}:443`)).head).toMatchObject({ status: 503, code: 'overloaded' })
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).code).toBe('overloaded')
    const other = await stage.agentWith(OTHER)
    const wire = await other.tunnel(RECORDER_HOST)
    expect((await wire.ask(requestBytes('GET', '/v1/a', RECORDER_HOST))).status).toBe(200)
    for (const tunnel of [...tunnels, wire]) tunnel.close()
    const { admission } = stage.world.service.dataPlane
    await eventually(() => admission.tunnels.taken === 0 && admission.connections.taken === 0)
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
  })

  it('that show nothing make room for one that does', async () => {
    const silent = Array.from({ length: 60 }, () => connect(stage.world.port, '127.0.0.1'))
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('error', resolve))))
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
    const { connections } = stage.world.service.dataPlane
    expect(connections.open).toBeLessThanOrEqual(40)
    expect(connections.evicted).toBeGreaterThanOrEqual(20)
    for (const socket of silent) socket.destroy()
    await eventually(() => connections.open === 0)
  })
})

/** A request of the agent's, as bytes. */
async function ofThePerson(line: string): Promise<string> {
  const token = await stage.world.token({ consent: [{ integration: 'recorder', scopes: ['any:read', 'any:write'], targets: ['**'] }] })
  return `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`
}
