import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addressGuard } from '../../src/egress/address-guard.ts'
import { dial, type DialSettings } from '../../src/egress/dial.ts'
import { exportPrivateKey, makeLeaf, makeRootCa } from '../../src/lib/certificates.ts'
import { Secret } from '../../src/lib/secret.ts'
import { startRecordingUpstream } from '../support/recording-upstream.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closers.splice(0)) await close()
})

const settings = (over: Partial<DialSettings>): DialSettings => ({
  guard: addressGuard(['127.0.0.0/8'], () => []),
  resolve: async () => ['127.0.0.1'],
  address: undefined,
  viaProxy: undefined,
  ca: undefined,
  clientCertificate: undefined,
  connectTimeoutMs: 2_000,
  ...over,
})

async function upstream() {
  const server = await startRecordingUpstream({ respond: () => undefined })
  closers.push(server.close)
  return server
}

const codeOf = async (attempt: Promise<Socket>): Promise<unknown> => attempt.then((socket) => socket.destroy(), (error: unknown) => (error as { code?: unknown }).code)

describe('dialling an upstream', () => {
  it('refuses the name where any one of its addresses is special-use, and dials none of them', async () => {
    const server = await upstream()
    const rebinding = settings({ guard: addressGuard([], () => []), resolve: async () => ['140.82.112.3', '127.0.0.1'] })
    expect(await codeOf(dial({ host: 'api.example.com', port: server.port, tls: false }, rebinding, new Map()))).toBe('address_refused')
    expect(server.connections()).toBe(0)
  })

  it('resolves once: a name that rebinds between judgement and dial reaches only the address that was judged', async () => {
    const server = await upstream()
    let asked = 0
    const resolve = async (): Promise<readonly string[]> => (asked++ === 0 ? ['127.0.0.1'] : ['10.0.0.1'])
    const socket = await dial({ host: 'rebinding.example.com', port: server.port, tls: false }, settings({ resolve }), new Map())
    expect(asked).toBe(1)
    expect(socket.remoteAddress).toBe('127.0.0.1')
    socket.destroy()
  })

  it('tells an unknown name, a closed port and a name without address apart', async () => {
    const failing = settings({ resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })) })
    expect(await codeOf(dial({ host: 'nowhere.example', port: 1, tls: false }, failing, new Map()))).toBe('upstream_unresolved')
    expect(await codeOf(dial({ host: 'empty.example', port: 1, tls: false }, settings({ resolve: async () => [] }), new Map()))).toBe('upstream_unresolved')
    const server = await upstream()
    await server.close()
    expect(await codeOf(dial({ host: 'closed.example', port: server.port, tls: false }, settings({}), new Map()))).toBe('upstream_unreachable')
  })

  it('dials the configured address in place of the name’s, and judges that one too', async () => {
    const server = await upstream()
    const pinned = settings({ address: { host: '127.0.0.1', port: server.port }, resolve: () => Promise.reject(new Error('must not be asked')) })
    const socket = await dial({ host: 'api.example.com', port: 443, tls: false }, pinned, new Map())
    expect(socket.remotePort).toBe(server.port)
    socket.destroy()
    const guarded = settings({ address: { host: '169.254.169.254', port: 80 } })
    expect(await codeOf(dial({ host: 'api.example.com', port: 443, tls: false }, guarded, new Map()))).toBe('address_refused')
  })

  it('gives up on a resolver that never answers', async () => {
    const hanging = settings({ resolve: () => new Promise(() => undefined), connectTimeoutMs: 100 })
    expect(await codeOf(dial({ host: 'slow.example', port: 1, tls: false }, hanging, new Map()))).toBe('upstream_unresolved')
  })
})

describe('TLS to an upstream', () => {
  async function world(dnsName: string) {
    const nowMs = Date.now()
    const validity = { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + 3_600_000 }
    const root = await makeRootCa({ commonName: 'test root', ...validity })
    const leaf = await makeLeaf({ issuer: root, commonName: dnsName, usage: 'server', dnsNames: [dnsName], ...validity })
    const server = await startRecordingUpstream({
      tls: { cert: leaf.certificatePem, key: exportPrivateKey(leaf.privateKey) },
      respond: () => undefined,
    })
    closers.push(server.close)
    return { server, ca: root.certificatePem }
  }

  it('trusts only the configured CA and only for the host that was asked for', async () => {
    const { server, ca } = await world('api.example.com')
    const socket = await dial({ host: 'api.example.com', port: server.port, tls: true }, settings({ ca }), new Map())
    expect((socket as { authorized?: boolean }).authorized).toBe(true)
    socket.destroy()
    expect(await codeOf(dial({ host: 'api.example.com', port: server.port, tls: true }, settings({}), new Map()))).toBe('upstream_tls_failed')
    expect(await codeOf(dial({ host: 'other.example.com', port: server.port, tls: true }, settings({ ca }), new Map()))).toBe('upstream_tls_failed')
  })

  it('verifies also where the environment tells Node not to', async () => {
    const { server } = await world('api.example.com')
    vi.stubEnv(['NODE', 'TLS', 'REJECT', 'UNAUTHORIZED'].join('_'), '0')
    expect(await codeOf(dial({ host: 'api.example.com', port: server.port, tls: true }, settings({}), new Map()))).toBe('upstream_tls_failed')
  })
})

describe('a parent proxy', () => {
  async function parent(answer: string) {
    const heads: string[] = []
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (chunk: Buffer) => {
        heads.push(chunk.toString('latin1'))
        socket.write(answer)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => void server.close())
    const address = server.address() as { port: number }
    return { heads, viaProxy: { host: '127.0.0.1', port: address.port, credentials: new Secret('us:er') } }
  }

  it('is asked for the tunnel by name, with our credentials for it', async () => {
    const { heads, viaProxy } = await parent('HTTP/1.1 200 Connection established\r\n\r\n')
    const socket = await dial({ host: 'api.example.com', port: 443, tls: false }, settings({ viaProxy }), new Map())
    expect(heads[0]).toBe('CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nProxy-Authorization: Basic dXM6ZXI=\r\n\r\n')
    socket.destroy()
  })

  for (const [what, answer] of [
    ['refuses', 'HTTP/1.1 403 Forbidden\r\n\r\n'],
    ['speaks no HTTP', 'hello\r\n\r\n'],
    ['sends bytes ahead of the tunnel', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['never ends its head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4000)}`],
  ] as const) {
    it(`makes the upstream unreachable where it ${what}`, async () => {
      const { viaProxy } = await parent(answer)
      expect(await codeOf(dial({ host: 'api.example.com', port: 443, tls: false }, settings({ viaProxy }), new Map()))).toBe('upstream_unreachable')
    })
  }
})
