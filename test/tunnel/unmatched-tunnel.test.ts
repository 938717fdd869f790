import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rawClient } from '../forward/forward-world.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

/** A host that no integration serves: an echo that greets first, as no HTTP server would. */
let echo: Server
let echoPort: number
let world: PosternWorld
let token: string
const arrived = new Set<Socket>()

beforeAll(async () => {
  echo = createServer((socket) => {
    arrived.add(socket)
    socket.on('error', () => undefined)
    socket.write('220 hello\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  echoPort = (echo.address() as { port: number }).port
  world = await startPosternWorld({
    config: (text) => text.replace(/^listener: \{ (.*) \}$/m, 'listener: { $1, unmatched: tunnel, unmatched_connect: { allow_addresses: ["127.0.0.1/32"] } }'),
    resolve: async (host) => (host === 'inside.example' ? ['127.0.0.1'] : host === 'forbidden.example' ? ['10.0.0.1'] : []),
  })
  token = await world.token()
})
afterAll(async () => {
  await world.close()
  for (const socket of arrived) socket.destroy()
  await new Promise<void>((resolve) => echo.close(() => resolve()))
})

const connectTo = (authority: string, proof = `Proxy-Authorization: Bearer ${token}\r\n`): ReturnType<typeof rawClient> => {
  const client = rawClient(world.port)
  client.socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${proof}\r\n`)
  return client
}

const recordsOf = async (host: string): Promise<readonly Record<string, unknown>[]> =>
  (await world.records()).filter(({ http }) => (http as { host?: string } | undefined)?.host === host)

describe('a tunnel to a host that no integration serves', () => {
  it('passes bytes as they are, never with a credential, and is on record with its bytes', async () => {
    const client = connectTo(`inside.example:${echoPort}`)
    await client.until(/220 hello/)
    client.socket.write('Authorization: mine\r\n')
    await client.until(/Authorization: mine/)
    client.socket.end()
    expect(await client.closed()).not.toMatch(/Bearer/)
    const records = await recordsOf(`inside.example:${echoPort}`)
    expect(records.at(-1)).toMatchObject({
      event: 'api.call', outcome: 'ok', agent: { id: 'agent:pr-reviewer' }, http: { method: 'CONNECT', status: 200, bytes_in: 21, bytes_out: 32 },
    })
    expect(records.map(({ event }) => event)).toContain('api.started')
    expect(records.every((record) => record['credential'] === undefined)).toBe(true)
  })

  it('is for identified agents alone', async () => {
    const before = arrived.size
    expect(await connectTo(`inside.example:${echoPort}`, '').closed()).toMatch(/^HTTP\/1\.1 407 /)
    expect(arrived.size).toBe(before)
  })

  it('passes the egress guard like every other dial', async () => {
    expect(await connectTo('forbidden.example:443').closed()).toMatch(/^HTTP\/1\.1 403 [^]*address_refused/)
    expect(await connectTo('unknown.example:443').closed()).toMatch(/^HTTP\/1\.1 502 [^]*upstream_unresolved/)
    expect((await recordsOf('forbidden.example')).at(-1)).toMatchObject({ event: 'api.denied', code: 'address_refused' })
  })

  it('never leads to a host of ours on another port, where its requests would not be seen', async () => {
    expect(await connectTo('api.github.com:8443').closed()).toMatch(/^HTTP\/1\.1 403 [^]*host_not_served/)
  })

  it('is cut when its agent is revoked', async () => {
    const client = connectTo(`inside.example:${echoPort}`)
    await client.until(/220 hello/)
    world.service.controlPlane.apply(
      [{ id: 'agent:pr-reviewer' as never, name: 'PR Reviewer', owner: undefined, status: 'revoked', spiffeId: undefined, subject: undefined, serviceAccount: undefined, redirectUris: [], publicKeyPem: undefined }],
      { delegations: [], sessions: [] },
    )
    await client.closed()
    expect((await recordsOf(`inside.example:${echoPort}`)).at(-1)).toMatchObject({ event: 'api.call', outcome: 'revoked' })
    expect(await connectTo(`inside.example:${echoPort}`).closed()).toMatch(/^HTTP\/1\.1 403 [^]*agent_revoked/)
  })
})
