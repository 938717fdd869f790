import { z } from '@hono/zod-openapi'
import type { AgentEntry } from '../agents/agent-entry.ts'
import { isRedirectUri } from '../../../http/redirect-uri.ts'
import { agentId } from './ids.ts'
import { pageOf } from './paging.ts'
import { line, moment, momentOf } from './values.ts'

const spiffe = z.string().max(2048).regex(/^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/, 'it is no SPIFFE id')
  .openapi({ example: 'spiffe://acme.com/agents/pr-reviewer' })
const subject = z.string().max(512).regex(/^[A-Za-z0-9.]+=[^\p{C}]+$/u, 'it is no certificate subject').openapi({ example: 'CN=pr-reviewer,O=Acme' })
const serviceAccount = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'it has the form namespace/name')
  .openapi({ example: 'agents/pr-reviewer' })
const redirectUri = z.string().max(1024)
  .refine(isRedirectUri, 'it is https:// without fragment, user or wildcard, or http:// on 127.0.0.1 or [::1]')
  .openapi({ example: 'http://127.0.0.1/callback' })
const publicKey = z.string().max(8192).openapi({ description: 'PEM (SPKI): EC P-256, Ed25519, or RSA of at least 2048 bits' })

const proofs = {
  spiffe_id: spiffe.nullable().optional(),
  subject: subject.nullable().optional(),
  service_account: serviceAccount.nullable().optional(),
  redirect_uris: z.array(redirectUri).max(32).optional().openapi({ description: 'compared exactly; loopback ones on any port' }),
  public_key: publicKey.nullable().optional(),
}

/** A registration. */
export const newAgent = z.strictObject({
  id: agentId,
  name: line(128).optional().openapi({ description: 'default: the id without `agent:`' }),
  owner: line(128).nullable().optional(),
  ...proofs,
}).openapi('NewAgent')

/** What becomes of an agent that was registered here; what is left out stays. */
export const agentChange = z.strictObject({
  version: z.number().int().min(0).openapi({ description: 'what was read: nothing is changed where it is another by now' }),
  name: line(128).optional(),
  owner: line(128).nullable().optional(),
  ...proofs,
}).openapi('AgentChange')

/** One agent as it is answered. */
export const agent = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  status: z.enum(['active', 'revoked']),
  source: z.enum(['configuration', 'registered']).openapi({ description: 'an agent of the configuration is changed there' }),
  spiffe_id: z.string().nullable(),
  subject: z.string().nullable(),
  service_account: z.string().nullable(),
  redirect_uris: z.array(z.string()),
  public_key: z.string().nullable(),
  registered_by: z.string().nullable(),
  created_at: moment.nullable(),
  revoked_at: moment.nullable(),
  revoked_by: z.string().nullable(),
  revoke_reason: z.string().nullable(),
  version: z.number().int().nullable(),
}).openapi('Agent')

export const agentPage = pageOf('AgentPage', agent)

export type AgentView = z.infer<typeof agent>
export type NewAgentBody = z.infer<typeof newAgent>
export type AgentChangeBody = z.infer<typeof agentChange>

/** The agent as it is answered. */
export function agentView({ agent: known, stored, revocation }: AgentEntry): AgentView {
  return {
    id: known.id,
    name: known.name,
    owner: known.owner ?? null,
    status: revocation === undefined && known.status === 'active' ? 'active' : 'revoked',
    source: stored === undefined ? 'configuration' : 'registered',
    spiffe_id: known.spiffeId ?? null,
    subject: known.subject ?? null,
    service_account: known.serviceAccount?.replace(/^system:serviceaccount:/, '').replace(':', '/') ?? null,
    redirect_uris: [...known.redirectUris],
    public_key: known.publicKeyPem ?? null,
    registered_by: stored?.registeredBy ?? null,
    created_at: momentOf(stored?.createdAtMs),
    revoked_at: momentOf(revocation?.revokedAtMs),
    revoked_by: revocation?.by ?? (known.status === 'revoked' ? 'config' : null),
    revoke_reason: revocation?.reason ?? null,
    version: stored?.version ?? null,
  }
}
