import type { AdminApp } from './admin-env.ts'

const DESCRIPTION = `Agents, delegations, sessions, connections, approvals and the audit of one Postern.

Authenticate with \`Authorization: Bearer\` and a token of this authority's for the resource \`<issuer>/v1\` (\`postern login\`), or from Postern's own pages by their cookie, with the \`Postern-Csrf\` header for whatever changes something.
What is another person's answers like what is not there. Errors are problem details (RFC 9457) with a stable \`code\`.`

/** The API's description (OpenAPI 3.1), made of the routes themselves. */
export function openApiDocument(app: AdminApp): object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer', description: 'a token for the resource `<issuer>/v1`' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'browser', { type: 'apiKey', in: 'cookie', name: '__Host-postern' })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Postern admin API', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { browser: [] }],
  })
}
