import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { addressGuard } from '../../src/egress/address-guard.ts'
import type { DialSettings, Http2Use } from '../../src/egress/dial.ts'
import { openUpstream, UPSTREAM_SETTINGS, type OpenUpstreamOptions } from '../../src/egress/open-upstream.ts'
import type { Upstream } from '../../src/egress/upstream.ts'
import { exportPrivateKey, makeLeaf, makeRootCa } from '../../src/lib/certificates.ts'
import { systemTimers } from '../../src/lib/timers.ts'

const DAY_MS = 86_400_000

/** What answers a stream: by its path. */
export type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, fields: readonly string[]) => void

export interface UpstreamWorld {
  readonly ca: string
  readonly tls: { readonly cert: string; readonly key: string }
  /** Of the HTTP/2 server with TLS. */
  readonly port: number
  /** Of the one that speaks HTTP/2 in plain text alone. */
  readonly plainPort: number
  /** Of one with TLS that speaks HTTP/1.1 alone, and answers 204 to whatever comes. */
  readonly http1Port: number
  readonly sessions: ServerHttp2Session[]
  readonly http1Heads: string[]
  /** Streams that came, by their paths. */
  readonly asked: string[]
  answer: Answer
  open(options?: { readonly port?: number; readonly tls?: boolean; readonly http2?: Http2Use; readonly client?: '1.1' | '2'; readonly settings?: Partial<OpenUpstreamOptions['settings']> }): Upstream
  close(): Promise<void>
}

/** Upstreams of three kinds on loopback, and what opens connections to them through the egress guard. */
export async function startUpstreamWorld(): Promise<UpstreamWorld> {
  const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }
  const root = await makeRootCa({ commonName: 'upstreams', ...validity })
  const leaf = await makeLeaf({ commonName: 'localhost', issuer: root, usage: 'server', dnsNames: ['localhost'], ...validity })
  const tls = { cert: leaf.certificatePem, key: exportPrivateKey(leaf.privateKey) }
  const sessions: ServerHttp2Session[] = []
  const asked: string[] = []
  const http1Heads: string[] = []
  const opened: Upstream[] = []
  const secure = createSecureServer({ ...tls, settings: { maxConcurrentStreams: 50 } })
  const plain = createServer()
  const http1 = createTlsServer({ ...tls, ALPNProtocols: ['http/1.1'] }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      http1Heads.push(`${String(socket.alpnProtocol)} ${chunk.toString('latin1').split('\r\n')[0]}`)
      socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
  })
  const world: UpstreamWorld = {
    ca: root.certificatePem, tls, sessions, asked, http1Heads,
    port: await listening(secure), plainPort: await listening(plain), http1Port: await listening(http1),
    answer: (stream) => stream.respond({ ':status': 204 }, { endStream: true }),
    open: ({ port, tls: encrypted = true, http2 = 'auto', client = '2', settings } = {}) => {
      const target = { host: 'localhost', port: port ?? world.port, tls: encrypted, http2: client === '2' }
      const upstream = openUpstream(target, { dial: { ...dialSettings(root.certificatePem), http2 }, settings: { ...UPSTREAM_SETTINGS, ...settings }, timers: systemTimers, sessions: new Map() })
      opened.push(upstream)
      return upstream
    },
    close: async () => {
      for (const upstream of opened) await upstream.destroy()
      for (const session of sessions) session.destroy()
      await Promise.all([secure, plain, http1].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
  for (const server of [secure, plain] as Http2Server[]) {
    server.on('session', (session) => {
      sessions.push(session)
      session.on('error', () => undefined)
    })
    server.on('stream', (stream, headers, _flags, fields: readonly string[]) => {
      stream.on('error', () => undefined)
      asked.push(headers[':path'] ?? '')
      world.answer(stream, headers, fields)
    })
  }
  return world
}

function dialSettings(ca: string): DialSettings {
  return {
    guard: addressGuard(['127.0.0.0/8'], () => []), resolve: async () => ['127.0.0.1'], address: undefined, viaProxy: undefined, ca, clientCertificate: undefined, connectTimeoutMs: 5_000,
  }
}

async function listening(server: { listen(port: number, host: string, then: () => void): unknown; address(): AddressInfo | string | null }): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return (server.address() as AddressInfo).port
}
