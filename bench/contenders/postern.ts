import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, type DevelopmentKeys } from '../../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../src/authority/tokens/sign-delegation-token.ts'
import { newId, type AgentId, type PersonId } from '../../src/model/ids.ts'
import type { Ask, Contender, Setting } from '../contender.ts'
import { freePort } from '../processes.ts'
import { PLAIN_HOST, TLS_HOST, type World } from '../world.ts'

const DAY_MS = 86_400_000

export type AuditMode = 'relaxed' | 'strict'

/** The built program with everything on: token, three layers with a rate limit, credential, egress guard, limits, answer scrub, audit to a file. */
export function postern(audit: AuditMode): Contender {
  return {
    name: `Postern, audit ${audit}`,
    product: 'postern',
    settings: ['reverse', 'tls-upstream', 'tunnel', 'h2', 'websocket'],
    prepare: async (world, setting) => {
      const place = await writePosternPlace(world, audit)
      return { command: place.command, ask: askOf(place, setting) }
    },
  }
}

/** A configuration of Postern's, with a token for its one agent. */
export interface PosternPlace {
  readonly directory: string
  readonly port: number
  readonly command: readonly string[]
  readonly token: string
}

/** Writes keys, policies and configuration into a new directory, and signs a token. */
export async function writePosternPlace(world: World, audit: AuditMode): Promise<PosternPlace> {
  const directory = world.place(`postern-${audit}`)
  mkdirSync(join(directory, 'policies'))
  const keys = await createDevelopmentKeys(directory)
  const port = await freePort()
  writeFileSync(join(directory, 'upstream-key'), 'bench-upstream-key-of-some-length', { mode: 0o600 })
  writeFileSync(join(directory, 'store.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
  writeFileSync(join(directory, 'policies', 'all.yaml'), POLICY)
  const config = join(directory, 'postern.yaml')
  writeFileSync(config, configText(world, { directory, port, audit, jwksFile: keys.jwksFile }))
  return { directory, port, command: [process.execPath, join(world.options.dist, 'bin.js'), 'start', '--config', config], token: await tokenBy(keys) }
}

/** How the place is asked in a setting. */
export function askOf({ directory, port, token }: PosternPlace, setting: Setting): Ask {
  const own = { port, target: `${TLS_HOST}:443`, caFile: join(directory, 'bundle.pem') }
  const inTunnel = setting === 'tunnel' || setting === 'h2'
  return inTunnel
    ? { ...own, door: 'connect', prefix: '', headers: [], connectHeaders: [`Proxy-Authorization: Bearer ${token}`] }
    : { ...own, door: 'plain', prefix: setting === 'tls-upstream' ? '/secure' : '/things', headers: [`Authorization: Bearer ${token}`], connectHeaders: [] }
}

function tokenBy({ signingKey }: DevelopmentKeys): Promise<string> {
  return signDelegationToken({
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    profile: 'postern',
    agent: 'agent:bench' as AgentId,
    person: 'user:bench@acme.com' as PersonId,
    clientId: 'bench',
    delegation: newId('dlg'),
    session: undefined,
    consent: ['things', 'secure'].map((integration) => ({ integration, scopes: ['things:read', 'things:write'], targets: ['*'] })),
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + DAY_MS,
  }, signingKey)
}

const POLICY = `policy: org
default: deny
rules:
  - id: lend-things
    allow: { integration: things, scopes: ["things:read", "things:write"], target: "*" }
    authority: organisation
  - id: lend-secure
    allow: { integration: secure, scopes: ["things:read", "things:write"], target: "*" }
    authority: organisation
  - id: not-these
    deny: { integration: things, target: "secret-*" }
---
policy: agent
agent: agent:bench
rules:
  - id: things
    allow: { integration: things, scopes: ["things:read", "things:write"], target: "*" }
    expires_in: 10m
    limits: { requests: 100000000/m }
  - id: secure
    allow: { integration: secure, scopes: ["things:read", "things:write"], target: "*" }
    expires_in: 10m
    limits: { requests: 100000000/m }
`

interface Place {
  readonly directory: string
  readonly port: number
  readonly audit: AuditMode
  readonly jwksFile: string
}

function configText({ plainPort, tlsPort, certificates }: World, { directory, port, audit, jwksFile }: Place): string {
  const routes = `routes:
      - { route: "GET /v1/things/{id}", access: read, scopes: ["things:read"], targets: ["{id}"] }
      - { route: "GET /v1/bytes/{id}", access: read, scopes: ["things:read"], targets: ["{id}"] }
      - { route: "WEBSOCKET /v1/things/{id}", access: read, scopes: ["things:read"], targets: ["{id}"] }
      - { route: "POST /v1/things/{id}", access: write, scopes: ["things:write"], targets: ["{id}"] }`
  return `listener: { address: "127.0.0.1:${port}" }
ca: { directory: ${directory}/ca, bundle: ${directory}/bundle.pem, hosts: [${TLS_HOST}] }
identity:
  delegation_tokens: { issuer: ${DEVELOPMENT_ISSUER}, audience: ${DEVELOPMENT_AUDIENCE}, jwks: { file: ${jwksFile} }, claims: postern }
agents: [{ id: "agent:bench", name: Bench }]
integrations:
  things:
    type: routes
    origin: http://${PLAIN_HOST}
    unsafe_allow_plaintext: true
    credential: { secret: { file: ${directory}/upstream-key } }
    ${routes}
    connect: { address: "127.0.0.1:${plainPort}", allow_addresses: ["127.0.0.1/32"] }
  secure:
    type: routes
    origin: https://${TLS_HOST}
    credential: { secret: { file: ${directory}/upstream-key } }
    ${routes}
    connect: { address: "127.0.0.1:${tlsPort}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${certificates}/ca.pem } }
policies: ${directory}/policies
store: { file: ${directory}/postern.db, key: { file: ${directory}/store.key } }
audit: { mode: ${audit}, file: ${directory}/audit.jsonl, signing_key: { file: ${directory}/audit-key.pem } }
log: { level: error }
`
}
