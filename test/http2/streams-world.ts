import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'
import { untilHead } from '../listener/harness.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld, type TokenWish } from '../support/postern-world.ts'
import { handshake, sessionOn } from './h2-client.ts'
import { startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { anyIntegration } from './any-integration.ts'

/** What the upstreams speak. */
export const SPOKEN = ['HTTP/2', 'HTTP/1.1'] as const
export type Spoken = (typeof SPOKEN)[number]

export interface StreamsWorld {
  readonly world: PosternWorld
  readonly upstreams: Readonly<Record<Spoken, ScriptedUpstream>>
  /** The host behind which this protocol is spoken. */
  host(spoken: Spoken): string
  token(wish?: TokenWish): Promise<string>
  /** HTTP/2 in a tunnel of its own. */
  tunnel(spoken: Spoken, token: string): Promise<ClientHttp2Session>
  /** TLS in a tunnel of its own, for whatever is agreed on. */
  tunnelSocket(spoken: Spoken, token: string, protocols: readonly string[]): Promise<TLSSocket>
  /** HTTP/2 with the listener itself, whose streams show a token each. */
  direct(): Promise<ClientHttp2Session>
  close(): Promise<void>
}

const HOSTS: Readonly<Record<Spoken, string>> = { 'HTTP/2': 'two.internal', 'HTTP/1.1': 'one.internal' }
/** Integrations, and so prefixes. */
export const PREFIX: Readonly<Record<Spoken, string>> = { 'HTTP/2': 'two', 'HTTP/1.1': 'one' }

/** The whole product with its listener behind TLS, before an upstream of each protocol that tests script. */
export async function startStreamsWorld(): Promise<StreamsWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-streams-'))
  const ca = await makeStandInCa()
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text, { mode: 0o600 })
    return `{ file: ${JSON.stringify(join(directory, name))} }`
  }
  const listener = await serverIdentity(ca, ['localhost'])
  const files = { ca: await file('ca.pem', ca.certificatePem), key: await file('key', 'a-key-that-nobody-sees'), certificate: await file('listener.pem', listener.cert), listenerKey: await file('listener-key.pem', listener.key) }
  const identity = await serverIdentity(ca, Object.values(HOSTS))
  const upstreams = { 'HTTP/2': await startScriptedUpstream('HTTP/2', identity), 'HTTP/1.1': await startScriptedUpstream('HTTP/1.1', identity) }
  const integration = (spoken: Spoken): string => anyIntegration({ name: PREFIX[spoken], host: HOSTS[spoken], port: upstreams[spoken].port, key: files.key, ca: files.ca })
  const world = await startPosternWorld({
    config: (text) => text
      .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${Object.values(HOSTS).join(', ')}]`)
      .replace('integrations:\n', `integrations:\n${SPOKEN.map(integration).join('')}`)
      .replace(/^listener: \{ /m, `listener: { tls: { certificate: ${files.certificate}, key: ${files.listenerKey} }, `),
    policies: policiesWith({
      'streams.yaml': agentRules('agent:pr-reviewer', ...SPOKEN.map((spoken) => `{ id: ${PREFIX[spoken]}-any, allow: { integration: ${PREFIX[spoken]}, scopes: [any:read, any:write] } }`)),
      'streams-org.yaml': `policy: org\ndefault: allow\nrules:\n${SPOKEN.map((spoken) => `  - { id: lend-${PREFIX[spoken]}, allow: { integration: ${PREFIX[spoken]} }, authority: organisation }\n`).join('')}`,
    }),
  })
  const roots = await readFile(world.bundle, 'utf8')
  const outer = (protocols: readonly string[]): Promise<TLSSocket> =>
    handshake(connectTls({ port: world.port, host: '127.0.0.1', servername: 'localhost', ca: ca.certificatePem, ALPNProtocols: [...protocols] }))
  const tunnelSocket = async (spoken: Spoken, token: string, protocols: readonly string[]): Promise<TLSSocket> => {
    const proxy = await outer(['http/1.1'])
    proxy.write(`CONNECT ${HOSTS[spoken]}:443 HTTP/1.1\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`)
    const { socket, head } = await untilHead(proxy)
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(head)
    return handshake(connectTls({ socket, ca: roots, servername: HOSTS[spoken], ALPNProtocols: [...protocols] }))
  }
  const sessions: ClientHttp2Session[] = []
  const kept = (session: ClientHttp2Session): ClientHttp2Session => {
    sessions.push(session)
    return session
  }
  return {
    world, upstreams, tunnelSocket,
    host: (spoken) => HOSTS[spoken],
    token: (wish = {}) => world.token({ consent: [...WIDE_CONSENT, ...SPOKEN.map((spoken) => ({ integration: PREFIX[spoken], scopes: ['any:read', 'any:write'], targets: ['**'] }))], ...wish }),
    tunnel: async (spoken, token) => kept(await sessionOn(await tunnelSocket(spoken, token, ['h2']), HOSTS[spoken])),
    direct: async () => kept(await sessionOn(await outer(['h2']), `localhost:${world.port}`)),
    close: async () => {
      for (const session of sessions) session.destroy()
      await world.close()
      for (const upstream of Object.values(upstreams)) await upstream.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

