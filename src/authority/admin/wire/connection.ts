import { z } from '@hono/zod-openapi'
import type { AgentId, DelegationId } from '../../../model/ids.ts'
import type { Connection } from '../../../store/ports/connections.ts'
import type { AdminIntegration } from '../integrations/admin-integration.ts'
import type { ScopeStanding } from '../connections/scope-standing.ts'
import { accountView, connectedAccount } from './account.ts'
import { pageOf } from './paging.ts'
import { scopeText, scopeTexts } from './scope-text.ts'
import { moment, momentOf } from './values.ts'

const texts = (description: string) => z.array(scopeText).nullable().openapi({ description: `${description}; null where that cannot be told: \`scopes_note\` says why` })

/** One connection as it is answered: never a token. */
export const connection = z.object({
  id: z.string(),
  integration: z.string(),
  title: z.string().openapi({ description: 'how people call the integration' }),
  owner: z.string().openapi({ description: 'a person, or `organisation`' }),
  label: z.string(),
  account: connectedAccount.nullable(),
  scopes: z.array(z.string()),
  granted: texts('what the upstream granted'),
  needed: z.array(z.string()).openapi({ description: 'what live delegations that are bound to it need' }),
  missing: texts('what is needed or asked of everybody who connects, and was not granted'),
  excess: texts('what was granted, and no live delegation that is bound to it uses'),
  scopes_note: z.string().nullable(),
  used_by: z.array(z.object({ delegation: z.string(), agent: z.object({ id: z.string(), name: z.string().nullable() }) })),
  connect_url: z.string().nullable().openapi({ description: 'where its owner consents anew with the same account; null for whoever cannot' }),
  state: z.enum(['active', 'reauth_required', 'revoked']),
  state_reason: z.string().nullable(),
  created_at: moment,
  updated_at: moment,
}).openapi('Connection')

export const connectionPage = pageOf('ConnectionPage', connection)
export type ConnectionView = z.infer<typeof connection>

/** What is told of a connection beside what it says of itself. */
export interface ConnectionFacts {
  readonly integration: AdminIntegration | undefined
  readonly standing: ScopeStanding
  readonly usedBy: readonly { readonly delegation: DelegationId; readonly agent: AgentId; readonly agentName: string | undefined }[]
  readonly connectUrl: string | undefined
}

/** The connection as it is answered. */
export function connectionView(stored: Connection, { integration, standing, usedBy, connectUrl }: ConnectionFacts): ConnectionView {
  const told = (scopes: readonly string[] | undefined) => (scopes === undefined ? null : scopeTexts(scopes, integration))
  return {
    id: stored.id,
    integration: stored.integration,
    title: integration?.title ?? stored.integration,
    owner: stored.owner,
    label: stored.label,
    account: accountView(stored),
    scopes: [...stored.scopes],
    granted: told(standing.granted),
    needed: [...standing.needed],
    missing: told(standing.missing),
    excess: told(standing.excess),
    scopes_note: standing.note ?? null,
    used_by: usedBy.map(({ delegation, agent, agentName }) => ({ delegation, agent: { id: agent, name: agentName ?? null } })),
    connect_url: connectUrl ?? null,
    state: stored.state,
    state_reason: stored.stateReason ?? null,
    created_at: momentOf(stored.createdAtMs),
    updated_at: momentOf(stored.updatedAtMs),
  }
}
