import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { AccessRequest, Answer } from '../../../src/authority/oauth/contract.ts'
import { createOauthServer } from '../../../src/authority/oauth/oauth-server.ts'
import type { OauthServer } from '../../../src/authority/oauth/oauth-server.ts'
import type { OauthAgent, OauthDependencies } from '../../../src/authority/oauth/oauth-dependencies.ts'
import { systemTimers } from '../../../src/lib/timers.ts'
import { parseAgentId, parsePersonId } from '../../../src/model/ids.ts'
import type { AgentId, PersonId } from '../../../src/model/ids.ts'
import { MemoryAudit, MemoryDesk, MemoryKeyring, MovedClock, words } from './memory-ports.ts'
import { MemoryShortLived } from './memory-short-lived.ts'

export const REDIRECT = 'http://127.0.0.1/callback'
export const ALICE = person('user:alice@acme.com')
export const BOB = person('user:bob@acme.com')

/** What a test's person does with the question that they are asked. */
export type Decide = (request: AccessRequest) => { readonly person: PersonId, readonly answer: Answer }

export interface WorldOptions {
  readonly tls?: { readonly cert: string, readonly key: string, readonly ca: string } | undefined
  readonly overrides?: Partial<OauthDependencies>
}

export interface OauthWorld {
  readonly issuer: string
  readonly oauth: OauthServer
  readonly desk: MemoryDesk
  readonly audit: MemoryAudit
  readonly shortLived: MemoryShortLived
  readonly keyring: MemoryKeyring
  readonly clock: MovedClock
  readonly agents: Map<string, OauthAgent>
  readonly errors: unknown[]
  /** The key of `agent:release-notes`, which signs client assertions. */
  readonly privateKey: KeyObject
  /** What the person does on the consent page, from the next request on. */
  decide: Decide
  close(): Promise<void>
}

export function agentId(text: string): AgentId {
  const id = parseAgentId(text)
  if (id === undefined) throw new TypeError(text)
  return id
}

function person(text: string): PersonId {
  const id = parsePersonId(text)
  if (id === undefined) throw new TypeError(text)
  return id
}

export function agent(name: string, more: Partial<OauthAgent> = {}): OauthAgent {
  return {
    id: agentId(`agent:${name}`), name: name.toUpperCase(), owner: 'team', status: 'active', redirectUris: [REDIRECT],
    publicKeyPem: undefined, spiffeId: undefined, subject: undefined, ...more,
  }
}

/** Alice approves all that is asked for, for an hour. */
export const approveAll: Decide = (request) => ({
  person: ALICE,
  answer: request.purpose === 'sign_in' ? { kind: 'signed_in' } : {
    kind: 'approved', access: request.access.map((detail) => ({ ...detail, connection: undefined })), expiresAtMs: Date.now() + 3_600_000,
  },
})

/** An OAuth server on a real socket, with its neighbours in memory and a consent page that decides as the test says. */
export async function openOauthWorld({ tls, overrides }: WorldOptions = {}): Promise<OauthWorld> {
  const clock = new MovedClock()
  const shortLived = new MemoryShortLived(clock)
  const [desk, audit, keyring] = [new MemoryDesk(clock), new MemoryAudit(), new MemoryKeyring()]
  const errors: unknown[] = []
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const agents = new Map([
    agent('pr-reviewer'), agent('issue-triage'),
    agent('release-notes', { publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }),
  ].map((one) => [one.id, one] as const))
  let handler: RequestListener = () => undefined
  const listener: RequestListener = (request, response) => handler(request, response)
  // A client certificate is optional, and one that does not verify counts as none.
  const server: Server = tls === undefined ? createServer(listener)
    : createTlsServer({ cert: tls.cert, key: tls.key, ca: tls.ca, requestCert: true, rejectUnauthorized: false }, listener)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  const issuer = `${tls === undefined ? 'http' : 'https'}://${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`
  const oauth = await createOauthServer({
    issuer, lifetimes: { delegationTokenMs: 600_000, refreshTokenMs: 86_400_000, refreshReplayMs: 20_000 },
    audiences: [{ audience: 'https://tickets.acme.com', claims: 'rfc8693' }],
    resourceServers: [],
    metadataHosts: [], clientCertificates: tls !== undefined, shortLived, keyring, changes: { subscribe: () => () => undefined },
    agents: { agent: (id) => agents.get(id) }, desk, personName: async () => 'Alice Chen',
    endReplayedSession: async (session) => { desk.end(session) },
    words, mayActForItself: (id) => id === 'agent:release-notes', audit, clock, timers: systemTimers,
    http: () => Promise.reject(new Error('nothing is fetched in this test')),
    renderError: (_request, { error, description }) => `<p>${error}</p><p>${description.replaceAll('<', '&lt;')}</p>`,
    onError: (error) => { errors.push(error) },
    ...overrides,
  }, 1_000)
  const world: OauthWorld = {
    issuer, oauth, desk, audit, shortLived, keyring, clock, agents, errors, privateKey, decide: approveAll,
    close: async () => {
      oauth.close()
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
  handler = (request, response) => {
    if (request.url?.startsWith('/consent/')) void answerConsent(world, request, response)
    else oauth.callback(request, response)
  }
  return world
}

/** The least consent page: it answers at once, and shows what it was told. */
async function answerConsent(world: OauthWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = await world.oauth.interactions.current(request, response)
  if (asked === undefined) return void response.writeHead(410).end('over')
  const { person, answer } = world.decide(asked)
  const next = await world.oauth.interactions.answer(request, response, person, answer)
  if (next === undefined) return void response.writeHead(410).end('over')
  response.writeHead(303, { location: next }).end()
}
