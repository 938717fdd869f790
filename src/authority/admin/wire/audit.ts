import { z } from '@hono/zod-openapi'
import type { AuditFilter } from '../../../store/ports/audit-index.ts'
import { delegationId, sessionId } from './ids.ts'
import { givenMoment, integrationName } from './values.ts'

/** Events, or the kind that they begin with. */
const KIND = /^(?:api|credential|agent|delegation|session|connection|approval|token|policy|admin)(?:\.[a-z_]{1,40})?$/

/** What of the audit is wanted; all that are given must hold. */
export const auditFilter = {
  agent: z.string().regex(/^(?:agent:)?[a-z0-9._-]{1,63}$/).optional().openapi({ example: 'agent:pr-reviewer' }),
  person: z.string().regex(/^[\x21-\x7e]{1,260}$/).optional().openapi({ example: 'user:alice@acme.com' }),
  delegation: delegationId.optional(),
  session: sessionId.optional(),
  integration: integrationName.optional(),
  event: z.string().regex(KIND, 'it is an event such as api.denied, or a kind such as credential').optional().openapi({ example: 'api.denied' }),
  outcome: z.enum(['ok', 'denied', 'failed', 'aborted', 'revoked']).optional(),
  since: givenMoment.optional(),
  until: givenMoment.optional(),
}

export type AuditQuery = z.infer<z.ZodObject<typeof auditFilter>>

/** One record, as `docs/audit.md` tells its fields. */
export const auditRecord = z.looseObject({
  v: z.number().int(), seq: z.number().int(), ts: z.string(), event: z.string(), id: z.string(),
}).openapi('AuditRecord')

export const auditPage = z.object({
  items: z.array(auditRecord),
  chains: z.array(z.string()).openapi({ description: 'which chain each record is of, in the order of `items`: several authorities keep one each' }),
  next: z.string().nullable(),
}).openapi('AuditPage')

/** @param onlyPerson whose records alone may be seen; undefined for everybody's */
export function filterOf(query: AuditQuery, onlyPerson: string | undefined): AuditFilter {
  return {
    agent: prefixed('agent:', query.agent),
    person: onlyPerson ?? prefixed('user:', query.person),
    delegation: query.delegation,
    session: query.session,
    integration: query.integration,
    event: query.event,
    outcome: query.outcome,
    sinceMs: query.since === undefined ? undefined : Date.parse(query.since),
    untilMs: query.until === undefined ? undefined : Date.parse(query.until),
  }
}

/** The filter in words, for the record of an export. */
export function filterText(query: AuditQuery): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`)
  return parts.length === 0 ? 'everything' : parts.join(', ')
}

function prefixed(prefix: string, id: string | undefined): string | undefined {
  return id === undefined || id.startsWith(prefix) ? id : `${prefix}${id}`
}
