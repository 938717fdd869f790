import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DevelopmentKeys } from '../../authority/tokens/development-keys.ts'
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../../authority/tokens/development-keys.ts'
import type { DemoFiles, DemoWorld } from '../../demo/demo-world.ts'

export interface DemoConfigOptions {
  readonly directory: string
  readonly policies: string
  readonly listen: string
  readonly world: DemoWorld & { readonly files: DemoFiles }
  readonly keys: DevelopmentKeys
  readonly auditMode?: 'strict' | 'relaxed'
  /** Where people sign in, connect and approve; left out where no person comes. */
  readonly authority?: { readonly listen: string; readonly people: readonly DemoPersonText[] }
}

/** Somebody whom anybody can be in the demo. */
export interface DemoPersonText {
  readonly person: string
  readonly name: string
  readonly groups: readonly string[]
}

/**
 * Writes the configuration of the demo: a real one, with the hosts of the real services, which are dialled at the stand-ins.
 * @returns the file
 */
export async function writeDemoConfig(options: DemoConfigOptions): Promise<string> {
  const { directory } = options
  const storeKey = join(directory, 'store.key')
  await writeFile(storeKey, randomBytes(32).toString('base64'), { mode: 0o600 })
  const file = join(directory, 'postern.yaml')
  await writeFile(file, configText(options, storeKey), { mode: 0o600 })
  return file
}

/** JSON strings are YAML strings, whatever stands in a path. */
const quote = (text: string): string => JSON.stringify(text)

function configText(options: DemoConfigOptions, storeKey: string): string {
  const { directory, policies, listen, world, keys, auditMode = 'strict' } = options
  const { files } = world
  const redirects = options.authority === undefined ? '' : ', redirect_uris: ["http://127.0.0.1/callback"]'
  const connect = (port: number): string => `{ address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${quote(files.ca)} } }`
  return `# The demo's configuration, written anew at each start. It is an ordinary one but for "connect": the hosts are those of the real
# services, the addresses those of stand-ins in this process.
listener: { address: ${quote(listen)} }
ca:
  directory: ${quote(join(directory, 'ca'))}
  bundle: ${quote(join(directory, 'bundle.pem'))}
  hosts: [api.github.com, uploads.github.com, github.com, slack.com, files.slack.com, tickets.internal.acme.com]
identity:
  delegation_tokens: { issuer: ${DEVELOPMENT_ISSUER}, audience: ${DEVELOPMENT_AUDIENCE}, jwks: { file: ${quote(keys.jwksFile)} }, claims: postern }
agents:
  - { id: "agent:pr-reviewer", name: PR Reviewer, owner: team-platform${redirects} }
  - { id: "agent:issue-triage", name: Issue Triage, owner: team-platform${redirects} }
  - { id: "agent:release-notes", name: Release Notes, owner: team-release${redirects} }
integrations:
  github:
    type: github
    git_origin: https://github.com
    app: { id: ${quote(String(world.github.app.id))}, private_key: { file: ${quote(files.githubAppKey)} } }
${githubOauth(options)}    connect: ${connect(world.github.port)}
  slack:
    type: slack
    client_id: ${quote(world.slack.client.id)}
    client_secret: { file: ${quote(files.slackClientSecret)} }
    tokens: { refresh: { file: ${quote(files.slackRefreshToken)} } }
    channels: { "#engineering": C0ENGINEER, "#code-review": C0CODEREVIEW }
    connect: ${connect(world.slack.port)}
  tickets:
    type: routes
    origin: https://tickets.internal.acme.com
    more_origins: ["https://tickets.internal.acme.com:8443"]
    credential: { secret: { file: ${quote(files.ticketsKey)} } }
    routes:
      - { route: "GET /v1/tickets", access: read, scopes: [tickets:read] }
      - { route: "GET /v1/tickets/{id}", access: read, scopes: [tickets:read], targets: ["{id}"] }
      - { route: "GET /v1/tickets/{id}/events", access: read, scopes: [tickets:read], targets: ["{id}"] }
      - { route: "POST /v1/tickets/{id}/comments", access: write, scopes: [comments:create], targets: ["{id}"] }
    connect: ${connect(world.tickets.port)}
policies: ${quote(policies)}
${authorityText(options)}store: { file: ${quote(join(directory, 'postern.db'))}, key: { file: ${quote(storeKey)} } }
audit: { mode: ${auditMode}, file: ${quote(join(directory, 'audit.jsonl'))}, signing_key: { file: ${quote(join(directory, 'audit-key.pem'))} } }
`
}

/** GitHub's own consent page, at an address that a browser takes without asking about certificates. */
function githubOauth({ world: { github, files }, authority }: DemoConfigOptions): string {
  if (authority === undefined || github.plaintextOrigin === undefined) return ''
  const { clientId } = github.oauth
  const site = new URL(github.plaintextOrigin)
  return `    oauth:
      client_id: ${quote(clientId)}
      client_secret: { file: ${quote(files.githubClientSecret)} }
      app_slug: ${quote(github.app.slug)}
      site: ${quote(site.origin)}
      site_connect: { address: "127.0.0.1:${site.port}", allow_addresses: ["127.0.0.1/32"] }
`
}

function authorityText({ authority }: DemoConfigOptions): string {
  if (authority === undefined) return ''
  const port = authority.listen.slice(authority.listen.lastIndexOf(':') + 1)
  return `authority:
  url: "http://localhost:${port}"
  address: ${quote(authority.listen)}
  unsafe_demo_accounts:
${authority.people.map((person) => `    - ${JSON.stringify(person)}\n`).join('')}  roles: { operator: { groups: [platform-ops] }, auditor: { groups: [security] } }
`
}
