import { z } from '@hono/zod-openapi'
import type { Connection } from '../../../store/ports/connections.ts'
import { pageOf } from './paging.ts'
import { moment, momentOf } from './values.ts'

/** One connection as it is answered: never a token. */
export const connection = z.object({
  id: z.string(),
  integration: z.string(),
  owner: z.string().openapi({ description: 'a person, or `organisation`' }),
  label: z.string(),
  account: z.object({ id: z.string(), name: z.string() }).nullable(),
  scopes: z.array(z.string()),
  state: z.enum(['active', 'reauth_required', 'revoked']),
  state_reason: z.string().nullable(),
  created_at: moment,
  updated_at: moment,
}).openapi('Connection')

export const connectionPage = pageOf('ConnectionPage', connection)
export type ConnectionView = z.infer<typeof connection>

/** The connection as it is answered. */
export function connectionView(stored: Connection): ConnectionView {
  const { account } = stored
  return {
    id: stored.id,
    integration: stored.integration,
    owner: stored.owner,
    label: stored.label,
    account: account === undefined ? null : { id: account.id, name: account.name },
    scopes: [...stored.scopes],
    state: stored.state,
    state_reason: stored.stateReason ?? null,
    created_at: momentOf(stored.createdAtMs),
    updated_at: momentOf(stored.updatedAtMs),
  }
}
