import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../src/authority/tokens/sign-delegation-token.ts'
import { newId, type AgentId, type PersonId } from '../src/model/ids.ts'
import { freePort } from './processes.ts'

export interface Contender {
  readonly name: string
  readonly command: readonly string[]
  readonly port: number
  readonly url: string
  readonly headers: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
const DAY_MS = 86_400_000

/** Everything that is measured: the bare peers, and Postern with its audit relaxed and strict. */
export async function contenders(directory: string, upstreamPort: number): Promise<readonly Contender[]> {
  return [
    await peer('undici pass-through', 'undici-pass-through.ts', upstreamPort),
    await peer('http-proxy-3', 'http-proxy-3.ts', upstreamPort),
    await postern('relaxed', directory, upstreamPort),
    await postern('strict', directory, upstreamPort),
  ]
}

async function peer(name: string, file: string, upstreamPort: number): Promise<Contender> {
  const port = await freePort()
  return {
    name,
    command: [process.execPath, join(import.meta.dirname, 'peers', file), String(port), String(upstreamPort)],
    port,
    url: `http://127.0.0.1:${port}/v1/things/42`,
    headers: [],
  }
}

/** The built program with everything on: token, three layers, credential, egress guard, audit to a file. */
async function postern(auditMode: 'relaxed' | 'strict', parent: string, upstreamPort: number): Promise<Contender> {
  const directory = join(parent, auditMode)
  mkdirSync(join(directory, 'policies'), { recursive: true })
  const keys = await createDevelopmentKeys(directory)
  const port = await freePort()
  writeFileSync(join(directory, 'upstream-key'), 'bench-upstream-key', { mode: 0o600 })
  writeFileSync(join(directory, 'store.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
  writeFileSync(join(directory, 'policies', 'all.yaml'), POLICY)
  const config = join(directory, 'postern.yaml')
  writeFileSync(config, configText(directory, port, upstreamPort, keys.jwksFile, auditMode))
  const token = await signDelegationToken({
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    profile: 'postern',
    agent: 'agent:bench' as AgentId,
    person: 'user:bench@acme.com' as PersonId,
    clientId: 'bench',
    delegation: newId('dlg'),
    session: undefined,
    consent: [{ integration: 'things', scopes: ['things:read'], targets: ['*'] }],
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + DAY_MS,
  }, keys.signingKey)
  return {
    name: `Postern, audit ${auditMode}`,
    command: [process.execPath, join(ROOT, 'dist', 'bin.js'), 'start', '--config', config],
    port,
    url: `http://127.0.0.1:${port}/things/v1/things/42`,
    headers: [`Authorization: Bearer ${token}`],
  }
}

const POLICY = `policy: org
default: deny
rules:
  - id: lend
    allow: { integration: things, scopes: ["things:read"], target: "*" }
    authority: organisation
  - id: not-these
    deny: { integration: things, target: "secret-*" }
---
policy: agent
agent: agent:bench
rules:
  - id: read
    allow: { integration: things, scopes: ["things:read"], target: "*" }
    expires_in: 10m
    limits: { requests: 100000000/m }
`

function configText(directory: string, port: number, upstreamPort: number, jwks: string, auditMode: string): string {
  return `listener: { address: "127.0.0.1:${port}" }
ca: { directory: ${directory}/ca, bundle: ${directory}/bundle.pem, hosts: [things.example] }
identity:
  delegation_tokens: { issuer: ${DEVELOPMENT_ISSUER}, audience: ${DEVELOPMENT_AUDIENCE}, jwks: { file: ${jwks} }, claims: postern }
agents: [{ id: "agent:bench", name: Bench }]
integrations:
  things:
    type: routes
    origin: http://things.example
    unsafe_allow_plaintext: true
    credential: { secret: { file: ${directory}/upstream-key } }
    routes: [{ route: "GET /v1/things/{id}", access: read, scopes: ["things:read"], targets: ["{id}"] }]
    connect: { address: "127.0.0.1:${upstreamPort}", allow_addresses: ["127.0.0.1/32"] }
policies: ${directory}/policies
store: { file: ${directory}/postern.db, key: { file: ${directory}/store.key } }
audit: { mode: ${auditMode}, file: ${directory}/audit.jsonl, signing_key: { file: ${directory}/audit-key.pem } }
log: { level: error }
`
}
