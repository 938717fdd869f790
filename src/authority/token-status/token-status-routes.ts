import { Hono, type Context } from 'hono'
import type { AuditLog } from '../../audit/log.ts'
import { agentOfClient, clientIdOf } from '../oauth/client-identity.ts'
import { mustProveItself } from '../oauth/client-metadata.ts'
import type { AgentId } from '../../model/ids.ts'
import { senderCertificate } from '../oauth/sender-certificate.ts'
import { ENDPOINTS } from '../oauth/endpoints.ts'
import type { StoredTokens } from '../oauth/contract.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import type { WebApp, WebEnv } from '../pages/web.ts'
import type { Revoker } from '../revocation/contract.ts'
import { authenticatedClient, type ClientAuthenticationDependencies } from './client-authentication.ts'
import { isOfRevokedAgent, toldToken, type ToldTokenDependencies } from './told-token.ts'

export interface TokenStatusDependencies extends ToldTokenDependencies, ClientAuthenticationDependencies {
  readonly revoker: Pick<Revoker, 'session'>
  readonly stored: StoredTokens
  /** The addresses at which this agent is a protected resource itself. */
  resourcesOf(agent: AgentId): readonly string[]
  readonly audit: Pick<AuditLog, 'post'>
  /** Told of what broke. */
  report(error: unknown): void
}

/**
 * Introspection (RFC 7662) and revocation (RFC 7009), each of what the asking client was given itself: what is another's is told as not active,
 * and not touched. A protected resource that has proved who it is asks for what was issued for it, too. Revoking any token of a session ends the session: its refresh token, its access tokens, its open streams.
 */
export function tokenStatusRoutes(deps: TokenStatusDependencies): WebApp {
  const app = new Hono<WebEnv>()
  app.onError((error, c) => {
    deps.report(error)
    return answer(c, 503, { error: 'temporarily_unavailable', error_description: 'Try again.' })
  })
  app.use(ENDPOINTS.introspection, formLimit)
  app.use(ENDPOINTS.revocation, formLimit)
  app.post(ENDPOINTS.introspection, (c) => withClient(c, ENDPOINTS.introspection, deps, (form, clientId) => introspect(c, form, clientId, deps)))
  app.post(ENDPOINTS.revocation, (c) => withClient(c, ENDPOINTS.revocation, deps, (form, clientId) => revoke(c, form, clientId, deps)))
  return app
}

async function withClient(
  c: Context<WebEnv>, endpoint: string, deps: TokenStatusDependencies, work: (form: URLSearchParams, clientId: string) => Promise<Response>,
): Promise<Response> {
  const form = await readForm(c)
  if (form === undefined || form.getAll('token').length !== 1) return answer(c, 400, { error: 'invalid_request', error_description: 'one token, in a form' })
  const clientId = await authenticatedClient({ form, endpoint, certificate: senderCertificate(c.env.incoming) }, deps)
  return clientId === undefined ? answer(c, 401, { error: 'invalid_client', error_description: 'the client is not known, or did not authenticate' }) : work(form, clientId)
}

async function introspect(c: Context<WebEnv>, form: URLSearchParams, clientId: string, deps: TokenStatusDependencies): Promise<Response> {
  const token = form.get('token') ?? ''
  const resources = resourcesOfClient(clientId, deps)
  const told = await toldToken(token, deps)
  const mayKnow = told !== undefined && (told.clientId === clientId || resources.some((resource) => resource === told.claims['aud']))
  if (mayKnow && told.active) return answer(c, 200, { active: true, ...told.claims })
  const revoked = resources.length > 0 && await isOfRevokedAgent(token, resources, deps)
  return answer(c, 200, { active: false, ...(revoked ? { postern_reason: 'agent_revoked' } : {}) })
}

/** Where a client that has proved who it is is a protected resource itself: it asks for what was issued for it, too. */
function resourcesOfClient(clientId: string, deps: TokenStatusDependencies): readonly string[] {
  const agent = agentOfClient(clientId, deps.agents)
  return agent !== undefined && clientIdOf(agent.id) === clientId && mustProveItself(agent, deps.clientCertificates) ? deps.resourcesOf(agent.id) : []
}

/** RFC 7009 section 2.2: what is not good is as revoked as it can be. */
async function revoke(c: Context<WebEnv>, form: URLSearchParams, clientId: string, deps: TokenStatusDependencies): Promise<Response> {
  const told = await toldToken(form.get('token') ?? '', deps)
  if (told?.clientId !== clientId) return answer(c, 200, {})
  if (told.session !== undefined) await deps.revoker.session(told.session, { by: `agent:${clientId}`, reason: 'its token was revoked by the agent itself' })
  else if (told.grant !== undefined) await deps.stored.endGrant(told.grant)
  else return answer(c, 400, { error: 'unsupported_token_type', error_description: 'A token of an agent that acts for itself, or of a server that acts for its caller, ends within minutes, or by revoking the agent.' })
  return answer(c, 200, {})
}

function answer(c: Context<WebEnv>, status: 200 | 400 | 401 | 503, body: Readonly<Record<string, unknown>>): Response {
  c.header('Cache-Control', 'no-store')
  c.header('X-Content-Type-Options', 'nosniff')
  return c.json(body, status)
}
