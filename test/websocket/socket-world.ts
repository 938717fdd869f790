import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { TestAgent } from '../support/agent-client.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld, type PosternWorldOptions, type TokenWish } from '../support/postern-world.ts'
import { SOCKETS_HOST, startSocketUpstream, type SocketUpstream } from './socket-upstream.ts'

const ALL = '[sockets, raw, closed]'
const SOCKET_CONSENT: readonly ConsentDetail[] = ['sockets', 'raw', 'closed'].map((integration) => ({ integration, scopes: ['live:write'], targets: ['**'] }))
const rules = (agent: string): string => agentRules(
  agent,
  `{ id: rooms, allow: { integration: ${ALL}, scopes: ["live:write"], target: "room-*" } }`,
  `{ id: read, allow: { integration: ${ALL}, scopes: ["live:read"], route: ["GET /v1/**", "* /v1/**"] } }`,
  `{ id: brief, allow: { integration: ${ALL}, scopes: ["live:read"], route: "WEBSOCKET /v1/brief" }, expires_in: 1s }`,
)

/** The product before upstreams that speak WebSocket, and an agent that may use some of it. */
export interface SocketWorld {
  readonly world: PosternWorld
  readonly upstream: SocketUpstream
  token(wish?: TokenWish): Promise<string>
  agent(wish?: TokenWish): Promise<TestAgent>
  /** A WebSocket by base URL; resolves once it is open. */
  reverse(path: string, options?: OpenOptions): Promise<WebSocket>
  /** A WebSocket in an intercepted tunnel. */
  tunnel(path: string, options?: OpenOptions): Promise<WebSocket>
  close(): Promise<void>
}

export interface OpenOptions {
  readonly token?: string
  readonly protocols?: readonly string[]
}

export async function startSocketWorld(options: Pick<PosternWorldOptions, 'auditMode' | 'config'> = {}): Promise<SocketWorld> {
  const upstream = await startSocketUpstream()
  const world = await startPosternWorld({
    ...options,
    config: (text, upstreams) => options.config?.(upstream.config(text), upstreams) ?? upstream.config(text),
    policies: policiesWith({
      'sockets-a.yaml': rules('agent:pr-reviewer'),
      'sockets-b.yaml': rules('agent:release-notes'),
      'sockets-org.yaml': `policy: org\ndefault: allow\nrules:\n  - { id: lend-sockets, allow: { integration: ${ALL} }, authority: organisation }\n`,
    }),
  })
  const token = (wish: TokenWish = {}): Promise<string> => world.token({ consent: SOCKET_CONSENT, ...wish })
  const agents: TestAgent[] = []
  const agent = async (wish: TokenWish = {}): Promise<TestAgent> => {
    const made = new TestAgent(world, await token(wish))
    agents.push(made)
    return made
  }
  return {
    world, upstream, token, agent,
    reverse: async (path, { token: shown, protocols = [] } = {}) => opened(new WebSocket(
      `ws://127.0.0.1:${world.port}/sockets${path}`, [...protocols], { headers: { authorization: `Bearer ${shown ?? (await token())}` } },
    )),
    tunnel: async (path, { token: shown, protocols = [] } = {}) => {
      const socket = await tunnelled(world, new TestAgent(world, shown ?? (await token())))
      return opened(new WebSocket(`ws://${SOCKETS_HOST}${path}`, [...protocols], { createConnection: () => socket }))
    },
    close: async () => {
      for (const one of agents) one.close()
      await world.close()
      await upstream.close()
    },
  }
}

async function tunnelled(world: PosternWorld, agent: TestAgent): Promise<TLSSocket> {
  const { socket, head } = await agent.connectTo(`${SOCKETS_HOST}:443`)
  if (head.status !== 200) throw new Error(`CONNECT was refused: ${head.status}`)
  socket.removeAllListeners('data')
  const tls = connectTls({ socket: socket as Socket, ca: readFileSync(world.bundle), servername: SOCKETS_HOST, ALPNProtocols: ['http/1.1'] })
  await once(tls, 'secureConnect')
  return tls
}

/** @throws Error with the status where the handshake was answered otherwise */
async function opened(socket: WebSocket): Promise<WebSocket> {
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve).once('error', reject)
  })
  return socket
}

/** The next message, as text. */
export async function nextMessage(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return data.toString()
}

/** How it ended: the close code, as the client tells it. */
export async function closed(socket: WebSocket): Promise<number> {
  if (socket.readyState === WebSocket.CLOSED) throw new Error('it was closed before anybody looked')
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

/** The bytes of a handshake that a test writes itself. */
export function handshake(target: string, host: string, ...lines: readonly string[]): string {
  return [
    `GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...lines, '', '',
  ].join('\r\n')
}
