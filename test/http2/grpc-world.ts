import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { credentials, Client, Server, ServerCredentials, type ServiceDefinition, type MethodDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld } from '../support/postern-world.ts'
import { openConnect } from '../listener/harness.ts'

export const GRPC_HOST = 'echo.internal'
const SERVICE = '/acme.v1.Echo'

/** Messages are texts. */
const bytes = { serialize: (text: string): Buffer => Buffer.from(text), deserialize: (buffer: Buffer): string => buffer.toString() }

function method(name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<string, string> {
  return {
    path: `${SERVICE}/${name}`, requestStream, responseStream, originalName: name,
    requestSerialize: bytes.serialize, requestDeserialize: bytes.deserialize, responseSerialize: bytes.serialize, responseDeserialize: bytes.deserialize,
  }
}

export const METHODS = {
  unary: method('Unary', false, false), upload: method('Upload', true, false), download: method('Download', false, true), chat: method('Chat', true, true),
  forbidden: method('Forbidden', false, false), unknown: method('Unknown', false, false),
} as const

export interface GrpcWorld {
  readonly world: PosternWorld
  /** A client whose channel is a tunnel through the proxy. */
  client(wish?: { readonly token?: string; readonly reverse?: boolean }): Promise<Client>
  close(): Promise<void>
}

/** The whole product with a real gRPC server among its upstreams, and real gRPC clients that reach it through a tunnel. */
export async function startGrpcWorld(implementation: UntypedServiceImplementation): Promise<GrpcWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-grpc-'))
  const ca = await makeStandInCa()
  const identity = await serverIdentity(ca, [GRPC_HOST])
  const server = new Server()
  server.addService(METHODS as unknown as ServiceDefinition, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    const pair = { private_key: Buffer.from(identity.key), cert_chain: Buffer.from(identity.cert) }
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  await writeFile(join(directory, 'ca.pem'), ca.certificatePem)
  await writeFile(join(directory, 'key'), 'grpc-secret', { mode: 0o600 })
  const world = await startPosternWorld({
    config: (text) => text.replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${GRPC_HOST}]`).replace('integrations:\n', `integrations:
  echo:
    type: routes
    origin: https://${GRPC_HOST}
    credential: { secret: { file: ${JSON.stringify(join(directory, 'key'))} } }
    routes:
      - { route: "POST /acme.v1.Echo/Unary", access: read, scopes: [echo:read] }
      - { route: "POST /acme.v1.Echo/Upload", access: write, scopes: [echo:write] }
      - { route: "POST /acme.v1.Echo/Download", access: read, scopes: [echo:read] }
      - { route: "POST /acme.v1.Echo/Chat", access: write, scopes: [echo:write] }
      - { route: "POST /acme.v1.Echo/Forbidden", access: admin, scopes: [echo:admin] }
    connect: { address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${JSON.stringify(join(directory, 'ca.pem'))} } }
`),
    policies: policiesWith({
      'echo.yaml': agentRules('agent:pr-reviewer',
        '{ id: echo-calls, allow: { integration: echo, route: "POST /acme.v1.Echo/Unary" } }',
        '{ id: echo-streams, allow: { integration: echo, scopes: [echo:read, echo:write] } }'),
      'echo-org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-echo, allow: { integration: echo }, authority: organisation }\n',
    }),
  })
  const clients: Client[] = []
  const tunnels: NetServer[] = []
  return {
    world,
    client: async ({ token } = {}) => {
      const consent = [...WIDE_CONSENT, { integration: 'echo', scopes: ['echo:read', 'echo:write', 'echo:admin'], targets: ['**'] }]
      const { door, tunnelPort } = await openDoor(world, token ?? (await world.token({ consent })))
      tunnels.push(door)
      const bundle = createSecureContext({ ca: await readFile(world.bundle) })
      const client = new Client(`127.0.0.1:${tunnelPort}`, credentials.createFromSecureContext(bundle), {
        'grpc.ssl_target_name_override': GRPC_HOST, 'grpc.default_authority': GRPC_HOST, 'grpc.enable_http_proxy': 0, 'grpc.enable_retries': 0,
      })
      clients.push(client)
      return client
    },
    close: async () => {
      for (const client of clients) client.close()
      for (const tunnel of tunnels) tunnel.close()
      server.forceShutdown()
      await world.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** grpc-js reaches proxies by the environment alone; here each of its connections is put into a tunnel of its own. */
async function openDoor(world: PosternWorld, token: string): Promise<{ readonly door: NetServer; readonly tunnelPort: number }> {
  const fields = `Proxy-Authorization: Bearer ${token}\r\n`
  const join = (one: Duplex, other: Duplex): void => {
    one.pipe(other)
    one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }
  // What waits here for an acknowledgement would be taken for the proxy’s slowness.
  const door = createServer({ noDelay: true }, (socket: Socket) => {
    socket.pause()
    socket.on('error', () => undefined)
    void openConnect(world.port, `${GRPC_HOST}:443`, fields).then(({ socket: tunnel }) => {
      tunnel.setNoDelay()
      join(socket, tunnel)
      join(tunnel, socket)
    }, () => socket.destroy())
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const address = door.address()
  return { door, tunnelPort: typeof address === 'object' && address !== null ? address.port : 0 }
}

