import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { READ_PULLS } from '../authority/support/calls.ts'
import { approvedRun, startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { Wire } from '../support/wire.ts'
import { eventually } from './limits-world.ts'

const SESSION = 'urn:postern:params:oauth:token-type:session'
const HOST = Buffer.from('api.github.com')
const CONNECTIONS = 8
const AGENT_CONNECTIONS = 3

let world: AuthorityWorld
let secret: string
beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false, auditMode: 'relaxed',
    config: (text) => text.replace('listener: { ', 'listener: { socks: { address: "127.0.0.1:0" }, ').replace('limits: { ', `limits: { connections: ${CONNECTIONS}, agent_connections: ${AGENT_CONNECTIONS}, `),
  })
  const run = await approvedRun(world, await world.signedIn('alice'), 'pr-reviewer', [READ_PULLS])
  secret = String((await run.agent.exchange(run.access, 'github', { requested_token_type: SESSION })).body['access_token'])
})
afterAll(() => world.close())

/** Open connections, those that are nobody's, those of agents, tunnels. */
function places(): readonly number[] {
  const { admission, connections } = world.service.dataPlane
  return [connections.open, connections.unproven, admission.connections.taken, admission.tunnels.taken]
}

const soon = (expected: readonly number[]): Promise<void> => eventually(() => String(places()) === String(expected))

function silent(): Socket {
  return connect(world.service.dataPlane.listener.socks?.port ?? 0, '127.0.0.1').on('error', () => undefined)
}

/** Asks for a tunnel by SOCKS5. @returns the reply's number, and the connection */
async function asks(): Promise<{ readonly reply: number; readonly socket: Socket }> {
  const socket = silent()
  const wire = new Wire(socket, () => undefined)
  wire.send(Buffer.concat([Buffer.from([5, 1, 2, 1, 1, 97, secret.length]), Buffer.from(secret), Buffer.from([5, 1, 0, 3, HOST.length]), HOST, Buffer.from([1, 187])]))
  return { reply: (await wire.until(/^[^]{14}/)).charCodeAt(5), socket }
}

it('a connection by SOCKS5 has a place: nobody’s until its agent has proven itself, and given back at its end', async () => {
  const unheard = silent()
  await soon([1, 1, 0, 0])
  unheard.destroy()
  await soon([0, 0, 0, 0])
  const { reply, socket } = await asks()
  expect([reply, ...places()]).toEqual([0, 1, 0, 1, 1])
  socket.destroy()
  await soon([0, 0, 0, 0])
})

it('an agent gets no more of them than of any others', async () => {
  const held = [await asks(), await asks(), await asks()]
  expect(held.map(({ reply }) => reply)).toEqual([0, 0, 0])
  const over = await asks()
  expect(over.reply).not.toBe(0)
  expect(await world.recorded(({ code }) => code === 'overloaded')).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, http: { method: 'CONNECT', host: 'api.github.com:443' } })
  for (const { socket } of [...held, over]) socket.destroy()
  await soon([0, 0, 0, 0])
})

it('where none is left, the oldest that has shown nothing ends for whoever comes', async () => {
  const mine = await asks()
  const unheard = Array.from({ length: CONNECTIONS - 1 }, silent)
  await soon([CONNECTIONS, CONNECTIONS - 1, 1, 1])
  const evicted = world.service.dataPlane.connections.evicted
  const next = await asks()
  expect([next.reply, mine.socket.destroyed, world.service.dataPlane.connections.evicted - evicted]).toEqual([0, false, 1])
  for (const socket of [mine.socket, next.socket, ...unheard]) socket.destroy()
  await soon([0, 0, 0, 0])
})
