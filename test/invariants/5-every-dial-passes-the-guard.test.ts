import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAgent } from '../support/agent-client.ts'
import { policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld } from '../support/postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type Recorder } from '../support/recorder.ts'

/** Refused addresses: what a name must never lead to, whoever asks. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  'a loopback address': ['127.0.0.1'],
  'a private address': ['10.1.2.3'],
  'a link-local address': ['169.254.1.1'],
  'the metadata address': ['169.254.169.254'],
  'an IPv4 address in IPv6': ['::ffff:127.0.0.1'],
  'an IPv6 loopback address': ['::1'],
  'a good address and a private one': ['93.184.215.14', '192.168.0.1'],
  'NAT64': ['64:ff9b::7f00:1'],
}

let recorder: Recorder
let world: PosternWorld
let answer: readonly string[] = []
let ownPort: number
const asked: string[] = []

beforeAll(async () => {
  ownPort = await freePort()
  recorder = await startRecorder({ connect: '{ timeout: 2s, ca: { file: CA } }', resolved: true })
  const unguarded = (text: string): string => text.replaceAll('allow_addresses: ["127.0.0.1/32"], ', '')
  const jwks = 'service_accounts: { issuer: "https://cluster.internal", audience: postern, jwks: { url: "https://cluster.internal:PORT/keys" } }'.replace('PORT', String(recorder.port))
  const listen = `listener: { address: "127.0.0.1:${ownPort}", unmatched: tunnel }`
  world = await startPosternWorld({
    config: (text) => recorder.config(unguarded(text)).replace(/listener: .*/, listen).replace('identity:\n', `identity:\n  ${jwks}\n`)
      .replace('integrations:\n', `integrations:\n${own(ownPort)}`).replace('hosts: [', 'hosts: [own.internal, '),
    policies: policiesWith({ ...recorder.policies, 'own.yaml': 'policy: agent\nagent: agent:pr-reviewer\nrules:\n  - { id: own, allow: { integration: own } }\n' }),
    resolve: (host) => {
      asked.push(host)
      return Promise.resolve(answer)
    },
  })
})
afterAll(async () => {
  await world.close()
  await recorder.close()
})

/** An integration that is said to live where Postern itself listens, every range open to it. */
function own(port: number): string {
  return `  own:
    type: routes
    origin: https://own.internal
    credential: none
    routes: [{ route: "GET /v1/{id}", access: read, scopes: [own:read] }]
    connect: { address: "127.0.0.1:${port}", allow_addresses: ["0.0.0.0/0", "::/0"] }
`
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

const agent = async (): Promise<TestAgent> => new TestAgent(world, await world.token({
  consent: [...WIDE_CONSENT, RECORDER_CONSENT, { integration: 'own', scopes: ['own:read'], targets: ['**'] }],
}))
const connections = (): readonly number[] => [recorder.connections(), ...[world.upstreams.github, world.upstreams.slack, world.upstreams.tickets].map(({ log }) => log.connections)]

describe('nothing is dialled at an address that is not permitted', () => {
  for (const [name, addresses] of Object.entries(ADDRESSES)) {
    it(`by a call to an upstream whose name has ${name}`, async () => {
      answer = addresses
      const before = connections()
      expect(await (await agent()).reverse('GET', '/recorder/v1/a')).toMatchObject({ status: 403, code: 'address_refused' })
      expect(connections()).toEqual(before)
    })

    it(`by an unread tunnel to a host that has ${name}`, async () => {
      answer = addresses
      const before = connections()
      const { head } = await (await agent()).connectTo(`elsewhere.example:${recorder.port}`)
      expect(head).toMatchObject({ status: 403, code: 'address_refused' })
      expect(connections()).toEqual(before)
    })
  }

  it('by the authority, when GitHub or Slack are asked for a token', async () => {
    const before = connections()
    const one = await agent()
    expect(await one.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).toMatchObject({ status: 503, code: 'credential_unavailable' })
    const posted = await one.reverse('POST', '/slack/api/chat.postMessage', { body: 'channel=C0CODEREVIEW&text=a', type: 'application/x-www-form-urlencoded' })
    expect(posted.code).toBe('credential_unavailable')
    expect(connections()).toEqual(before)
  })

  it('by whoever fetches the keys of an issuer', async () => {
    answer = ['127.0.0.1']
    const before = connections()
    const payload = { iss: 'https://cluster.internal', aud: 'postern', sub: 'system:serviceaccount:a:b', exp: 4_000_000_000, iat: 1 }
    const token = [{ alg: 'ES256', kid: 'k', typ: 'JWT' }, payload, 'sig'].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    const answered = await new TestAgent(world, token).reverse('GET', '/recorder/v1/a')
    expect(asked).toContain('cluster.internal')
    expect(answered).toMatchObject({ status: 503, code: 'authority_unavailable' })
    expect(connections()).toEqual(before)
  })

  it('at Postern itself, whatever ranges are open', async () => {
    const answered = await (await agent()).reverse('GET', '/own/v1/a')
    expect(answered).toMatchObject({ status: 403, code: 'address_refused' })
    const record = await world.recorded(({ code, integration }) => code === 'address_refused' && integration === 'own')
    expect(record['reason']).toContain('this proxy itself listens on')
  })

  it('by an upgrade: a WebSocket that no route is, and other protocols, are refused before anything is dialled', async () => {
    answer = ['127.0.0.1']
    const before = connections()
    const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
    expect(await (await agent()).reverse('GET', '/recorder/v1/a', { fields: handshake })).toMatchObject({ code: 'operation_unknown' })
    expect(await (await agent()).reverse('GET', '/recorder/v1/a', { fields: ['Connection: Upgrade', 'Upgrade: foo'] })).toMatchObject({ code: 'upgrade_refused' })
    expect(connections()).toEqual(before)
  })
})
