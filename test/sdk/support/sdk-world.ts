import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { startAuthorityWorld, type AuthorityWorld } from '../../support/authority-world.ts'
import { agentRules, policiesWith } from '../../support/policies.ts'

/** A GraphQL upstream that keeps what it was sent. */
export interface RecordingGraphql {
  readonly port: number
  readonly seen: { readonly authorization: string | undefined; readonly query: string }[]
  close(): Promise<void>
}

/** What the upstream behind the integration `linear` wants to be shown. */
export const LINEAR_KEY = 'lin_api_4c1f3a7d9b'

const POLICIES = {
  'linear.yaml': agentRules('agent:pr-reviewer', '{ id: linear, allow: { integration: linear, scopes: [read] } }'),
  'tickets.yaml': agentRules('agent:pr-reviewer', '{ id: tickets, allow: { integration: tickets, scopes: ["tickets:read"] } }'),
  'lend-linear.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-linear, allow: { integration: linear }, authority: organisation }\n',
}

/** The product with an authority, stand-ins, and a GraphQL upstream that is reached by a generic `routes` integration. */
export async function startSdkWorld(): Promise<AuthorityWorld & { readonly graphql: RecordingGraphql }> {
  const graphql = await startGraphql()
  const world = await startAuthorityWorld({
    personAuthority: false,
    policies: policiesWith(POLICIES),
    config: (text, { files }) => {
      const key = join(files.ticketsKey, '..', 'linear.key')
      writeFileSync(key, LINEAR_KEY, { mode: 0o600 })
      return text.replace('  tickets:\n', `  linear:
    type: routes
    origin: http://api.linear.test
    unsafe_allow_plaintext: true
    credential: { secret: { file: ${JSON.stringify(key)} }, placement: { in: header, name: Authorization, value: "{credential}" } }
    routes: [{ route: "POST /graphql", access: read, scopes: [read] }]
    connect: { address: "127.0.0.1:${graphql.port}", allow_addresses: ["127.0.0.1/32"] }
  tickets:
`)
    },
  })
  return {
    ...world,
    graphql,
    close: async () => {
      await world.close()
      await graphql.close()
    },
  }
}

async function startGraphql(): Promise<RecordingGraphql> {
  const seen: RecordingGraphql['seen'] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('end', () => {
      seen.push({ authorization: request.headers.authorization, query: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { viewer: { id: 'u1', name: 'Alice Chen', email: 'alice@acme.com' } } }))
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
