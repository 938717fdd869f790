import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer, type WebSocket } from 'ws'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'
import { startRecordingUpstream } from '../support/recording-upstream.ts'

export const SOCKETS_HOST = 'sockets.internal.acme.com'
export const RAW_HOST = 'raw.internal.acme.com'

/** Upstreams that speak WebSocket: a real server behind TLS, and one without TLS that writes whatever a test says. */
export interface SocketUpstream {
  readonly secret: string
  /** Handshakes that the real server accepted. */
  readonly handshakes: IncomingMessage[]
  /** What it does with each; echoes unless a test says otherwise. */
  onSocket: (socket: WebSocket, request: IncomingMessage) => void
  /** Every byte that came to the raw one, one text a connection. */
  readonly received: string[]
  /** What the raw one writes at the end of a head. */
  respond: (socket: Socket, received: string) => void
  readonly config: (text: string) => string
  close(): Promise<void>
}

/** Sends every message back as it came. */
export function echo(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
}

export async function startSocketUpstream(): Promise<SocketUpstream> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-sockets-'))
  const ca = await makeStandInCa()
  const secret = `sk_${randomBytes(24).toString('base64url')}`
  await writeFile(join(directory, 'ca.pem'), ca.certificatePem)
  await writeFile(join(directory, 'key'), secret, { mode: 0o600 })
  const server = createServer(await serverIdentity(ca, [SOCKETS_HOST]), (_request, response) => response.writeHead(200).end('a plain answer'))
  const sockets = new WebSocketServer({ server, perMessageDeflate: true, handleProtocols: (asked) => [...asked].at(-1) ?? false })
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => undefined)
    upstream.handshakes.push(request)
    upstream.onSocket(socket, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const raw = await startRecordingUpstream({ respond: (socket, received) => upstream.respond(socket, received) })
  const { port } = server.address() as AddressInfo
  const upstream: SocketUpstream = {
    secret, handshakes: [], onSocket: echo, received: raw.received, respond: () => undefined,
    config: (text) => text
      .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${SOCKETS_HOST}]`)
      .replace('integrations:\n', `integrations:\n${integrationsText(directory, port, raw.port)}`),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await raw.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return upstream
}

function integrationsText(directory: string, port: number, rawPort: number): string {
  const file = (name: string): string => `{ file: ${JSON.stringify(join(directory, name))} }`
  const rest = (origin: string): string => `    type: routes
    origin: ${origin}
    credential: { secret: ${file('key')} }
    routes:
      - { route: "GET /v1/{+rest}", access: read, scopes: [live:read] }
      - { route: "WEBSOCKET /v1/rooms/{room}", access: write, scopes: [live:write], targets: ["{room}"] }
      - { route: "WEBSOCKET /v1/brief", access: read, scopes: [live:read] }
`
  return `  sockets:
${rest(`https://${SOCKETS_HOST}`)}    connect: { address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: ${file('ca.pem')} }
  raw:
${rest(`http://${RAW_HOST}`)}    unsafe_allow_plaintext: true
    connect: { address: "127.0.0.1:${rawPort}", allow_addresses: ["127.0.0.1/32"] }
  closed:
${rest('http://closed.internal.acme.com')}    unsafe_allow_plaintext: true
    connect: { address: "127.0.0.1:${rawPort}" }
`
}
