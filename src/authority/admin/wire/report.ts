import { z } from '@hono/zod-openapi'
import type { RevocationReport } from '../../revocation/contract.ts'

/** What a revocation did, and where. */
export const report = z.object({
  revoked: z.string(),
  changed: z.boolean().openapi({ description: 'false where it was revoked before: nothing was done again' }),
  delegations: z.array(z.string()),
  sessions: z.array(z.string()),
  connections: z.array(z.string()),
  credentials: z.array(z.object({ integration: z.string(), dropped: z.number().int(), revoked_upstream: z.number().int() })),
  streams_cut: z.number().int(),
  left: z.array(z.string()).openapi({ description: 'what was not done, in one sentence each' }),
}).openapi('RevocationReport')

export type ReportView = z.infer<typeof report>

/** The report as it is answered. */
export function reportView(made: RevocationReport): ReportView {
  return {
    revoked: made.revoked,
    changed: made.changed,
    delegations: [...made.delegations],
    sessions: [...made.sessions],
    connections: [...made.connections],
    credentials: made.credentials.map(({ integration, dropped, revokedUpstream }) => ({ integration, dropped, revoked_upstream: revokedUpstream })),
    streams_cut: made.streamsCut,
    left: [...made.left],
  }
}
