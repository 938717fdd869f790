import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { makeStandInCa, serverIdentity } from '../../../src/demo/server/certificates.ts'
import { handshake } from '../../http2/h2-client.ts'
import { untilHead } from '../../listener/harness.ts'
import { agentRules, policiesWith } from '../../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../../support/postern-world.ts'
import { answerOk } from '../../support/recorder.ts'
import { startRecordingUpstream, type RecordingUpstream } from '../../support/recording-upstream.ts'
import { readStrictly } from '../strict-request.ts'
import type { H2Site, H2Way, Spoken } from './h2-case.ts'
import { startRecordingHttp2Upstream, type RecordingHttp2Upstream } from './recording-http2-upstream.ts'
import { anyIntegration } from '../../http2/any-integration.ts'

const HOSTS: Readonly<Record<Spoken, string>> = { 'HTTP/1.1': 'one.internal', 'HTTP/2': 'two.internal' }
const PREFIX: Readonly<Record<Spoken, string>> = { 'HTTP/1.1': 'one', 'HTTP/2': 'two' }
const NAMES = Object.values(PREFIX)
/** Bounds as short as the corpus needs, so that nothing is waited for. */
const LIMITS = 'limits: { headers: 16KiB, uri: 2KiB, header_count: 100, header_timeout: 4s, handshake_timeout: 4s, '

/** The whole product behind TLS, before an upstream of either protocol that keeps all that comes. */
export interface H2World {
  readonly world: PosternWorld
  readonly token: string
  readonly secret: string
  readonly http1: RecordingUpstream
  readonly http2: RecordingHttp2Upstream
  siteOf(way: H2Way, id: string): H2Site
  /** A connection that has agreed on `h2`, nothing written. */
  open(way: H2Way): Promise<TLSSocket>
  close(): Promise<void>
}

export async function startH2World(): Promise<H2World> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-h2-corpus-'))
  const ca = await makeStandInCa()
  const secret = `rk_${randomBytes(24).toString('base64url')}`
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text, { mode: 0o600 })
    return `{ file: ${JSON.stringify(join(directory, name))} }`
  }
  const own = await serverIdentity(ca, ['localhost'])
  const files = { ca: await file('ca.pem', ca.certificatePem), key: await file('key', secret), certificate: await file('listener.pem', own.cert), listenerKey: await file('listener-key.pem', own.key) }
  const identity = await serverIdentity(ca, Object.values(HOSTS))
  const http1 = await startRecordingUpstream({ tls: identity, respond: answering() })
  const http2 = await startRecordingHttp2Upstream(identity)
  const integration = (spoken: Spoken, port: number): string => anyIntegration({ name: PREFIX[spoken], host: HOSTS[spoken], port, key: files.key, ca: files.ca })
  const world = await startPosternWorld({
    auditMode: 'relaxed',
    config: (text) => text
      .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${Object.values(HOSTS).join(', ')}]`)
      .replace('integrations:\n', `integrations:\n${integration('HTTP/1.1', http1.port)}${integration('HTTP/2', http2.port)}`)
      .replace('limits: { ', LIMITS)
      .replace(/^listener: \{ /m, `listener: { tls: { certificate: ${files.certificate}, key: ${files.listenerKey} }, `),
    policies: policiesWith({
      'h2.yaml': agentRules('agent:pr-reviewer', ...NAMES.map((name) => `{ id: ${name}-any, allow: { integration: ${name} } }`)),
      'h2-org.yaml': `policy: org\ndefault: allow\nrules:\n${NAMES.map((name) => `  - { id: lend-${name}, allow: { integration: ${name} }, authority: organisation }\n`).join('')}`,
    }),
  })
  const token = await world.token({ consent: NAMES.map((integration) => ({ integration, scopes: ['any:read', 'any:write'], targets: ['**'] })) })
  const [outerTrust, innerTrust] = [createSecureContext({ ca: ca.certificatePem }), createSecureContext({ ca: await readFile(world.bundle, 'utf8') })]
  const sessions = new Map<string, Buffer>()
  /** Resumes what was agreed on before: thousands of handshakes otherwise are most of the time. */
  const secured = (to: Pick<ConnectionOptions, 'port' | 'host' | 'socket' | 'secureContext'> & { readonly servername: string }, protocol: string): Promise<TLSSocket> => {
    const key = `${to.servername} ${protocol}`
    const session = sessions.get(key)
    const socket = connectTls({ ...to, ALPNProtocols: [protocol], ...(session && { session }) })
    socket.once('session', (next: Buffer) => void sessions.set(key, next))
    return handshake(socket)
  }
  const outer = (protocol: string): Promise<TLSSocket> => secured({ port: world.port, host: '127.0.0.1', servername: 'localhost', secureContext: outerTrust }, protocol)
  const open = async ({ door, spoken }: H2Way): Promise<TLSSocket> => {
    if (door === 'listener') return outer('h2')
    const host = HOSTS[spoken]
    const proxy = await outer('http/1.1')
    proxy.write(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`)
    const { socket, head } = await untilHead(proxy)
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(head)
    return secured({ socket, secureContext: innerTrust, servername: host }, 'h2')
  }
  return {
    world, token, secret, http1, http2, open,
    siteOf: (way, id) => siteOf(way, id, token),
    close: async () => {
      await world.close()
      await http1.close()
      await http2.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function siteOf({ door, spoken }: H2Way, id: string, token: string): H2Site {
  const path = `/v1/${id}`
  if (door === 'tunnel') return { door, spoken, id, path, authority: HOSTS[spoken], proof: [], target: (wanted) => wanted }
  return { door, spoken, id, path, authority: 'localhost', proof: [['authorization', `Bearer ${token}`]], target: (wanted) => `/${PREFIX[spoken]}${wanted}` }
}

/** Answers each whole request once. */
function answering(): (socket: Socket, received: string) => void {
  const read = new WeakMap<Socket, number>()
  return (socket, received) => {
    const from = read.get(socket) ?? 0
    const { requests, unfinished } = readStrictly(received.slice(from))
    read.set(socket, received.length - unfinished.length)
    for (const { method } of requests) {
      if (method === 'HEAD') socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n')
      else answerOk(socket)
    }
  }
}
