import { OpenAPIHono } from '@hono/zod-openapi'
import { agentPaths } from './routes/agents.ts'
import { approvalPaths } from './routes/approvals.ts'
import { auditPaths } from './routes/audit.ts'
import { breakGlassPaths } from './routes/break-glass.ts'
import { connectionPaths } from './routes/connections.ts'
import { delegationPaths } from './routes/delegations.ts'
import { integrationPaths } from './routes/integrations.ts'
import { peoplePaths } from './routes/people.ts'
import { permissionPaths } from './routes/permissions.ts'
import { policyPaths } from './routes/policy.ts'
import { sessionPaths } from './routes/sessions.ts'

const DESCRIPTION = `Agents, delegations, sessions, connections, approvals and the audit of one Postern.

Authenticate with \`Authorization: Bearer\` and a token of this authority's for the resource \`<issuer>/v1\` (\`postern login\`), or from Postern's own pages by their cookie, with the \`Postern-Csrf\` header for whatever changes something.
What is another person's answers like what is not there. Errors are problem details (RFC 9457) with a stable \`code\`.`

const PATHS = [
  ...peoplePaths, ...integrationPaths, ...agentPaths, ...permissionPaths, ...delegationPaths, ...sessionPaths, ...connectionPaths, ...approvalPaths, ...breakGlassPaths, ...auditPaths, ...policyPaths,
]

/** The description of the admin API (OpenAPI 3.1); every authority has the same. */
export function openApiDocument(): object {
  const api = new OpenAPIHono()
  const registry = api.openAPIRegistry
  for (const path of PATHS) registry.registerPath(path)
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer', description: 'a token for the resource `<issuer>/v1`' })
  registry.registerComponent('securitySchemes', 'browser', { type: 'apiKey', in: 'cookie', name: '__Host-postern' })
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Postern admin API', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { browser: [] }],
  })
}
