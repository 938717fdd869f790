import { readFileSync } from 'node:fs'

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set; README.md says what it is`)
  return value
}

/** Where this server is, and as whom it asks the authority. */
export const settings = {
  /** Its own address, as `authority.resource_servers` has it. */
  resource: process.env['MCP_URL'] ?? 'http://127.0.0.1:8090/mcp',
  /** What the authority and this server agree on. */
  client: {
    authorityUrl: required('POSTERN_URL'),
    clientId: process.env['POSTERN_CLIENT_ID'] ?? 'review-tools',
    clientAuth: { method: 'private_key_jwt', key: readFileSync(required('POSTERN_KEY_FILE'), 'utf8') },
  },
  /** What the tools of this server need: clients ask the person for these. */
  scopes: (process.env['MCP_SCOPES'] ?? 'github:pulls:read github:pulls:write').split(' '),
} as const
