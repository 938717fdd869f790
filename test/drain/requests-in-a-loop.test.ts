import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { RECORDER_HOST } from '../support/recorder.ts'
import { STAGE_CONSENT, startStage, type Stage } from '../support/stage.ts'
import type { Wire } from '../support/wire.ts'

const PIECE = 'x'.repeat(20_000)
const BODY = PIECE.repeat(4)

/** What a client saw of one request. */
type Seen = 'whole' | 'refused' | 'nothing' | 'half'

let stage: Stage
let token: string
/** Everything that reached the upstream, and what came of it at the client. */
const seen = new Map<string, Seen>()

beforeAll(async () => {
  stage = await startStage({ config: (text) => text.replace('drain_timeout: 500ms', 'drain_timeout: 20s') })
  token = await stage.world.token({ consent: STAGE_CONSENT })
  stage.recorder.respond = (socket) => {
    // In pieces, so that many answers are half written when the drain begins.
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`)
    for (const afterMs of [2, 4, 6, 8]) setTimeout(() => socket.write(PIECE), afterMs)
  }
})
afterAll(() => stage.close())

interface Client {
  open(): Promise<Wire>
  request(id: string): Buffer
  readonly keepsAlive: boolean
}

const reverse = (agent: TestAgent, keepsAlive: boolean): Client => ({
  keepsAlive,
  open: () => agent.connect(),
  request: (id) => requestBytes('GET', `/recorder/v1/${id}`, '127.0.0.1', { fields: [`Authorization: Bearer ${token}`] }),
})
const tunnelled = (agent: TestAgent): Client => ({
  keepsAlive: true,
  open: () => agent.tunnel(RECORDER_HOST),
  request: (id) => requestBytes('GET', `/v1/${id}`, RECORDER_HOST),
})

/** Asks again and again, until no connection can be had any more. */
async function loop(client: Client): Promise<void> {
  for (;;) {
    const wire = await client.open().catch(() => undefined)
    if (wire === undefined) return
    let going = true
    while (going) going = await ask(wire, client) && client.keepsAlive
    wire.close()
  }
}

/** @returns whether the connection may be used again */
async function ask(wire: Wire, client: Client): Promise<boolean> {
  const id = randomUUID()
  const answer = await wire.ask(client.request(id))
  const whole = answer.status === 200 && answer.body === BODY && answer.whole
  const refused = answer.status === 503 && answer.code === 'draining' && answer.whole
  seen.set(id, whole ? 'whole' : refused ? 'refused' : answer.status === 0 && answer.body === '' ? 'nothing' : 'half')
  return whole && !answer.fields.some(([name, value]) => name === 'connection' && value === 'close')
}

const count = (what: Seen): number => [...seen.values()].filter((one) => one === what).length

describe('a drain under clients that ask in a loop', () => {
  it('leaves no answer half, and whatever reached the upstream was answered whole', async () => {
    const agent = new TestAgent(stage.world, token)
    const clients = [reverse(agent, true), reverse(agent, true), reverse(agent, false), reverse(agent, false), tunnelled(agent), tunnelled(agent)]
    const loops = clients.map((client) => loop(client))
    while (count('whole') < 60) await new Promise((resolve) => setTimeout(resolve, 5))
    await stage.world.service.close()
    await Promise.all(loops)
    expect(count('half')).toBe(0)
    // At most one of each client's met the end: on a connection that was closed while its request was on the way.
    expect(count('nothing') + count('refused')).toBeLessThanOrEqual(2 * clients.length)
    const reached = stage.recorder.requests.map(({ target }) => target.slice('/v1/'.length))
    expect(reached.length).toBeGreaterThanOrEqual(60)
    expect(reached.filter((id) => seen.get(id) !== 'whole')).toEqual([])
  })
})
