import { z } from '@hono/zod-openapi'
import {
  parseAgentId, parseId, parsePersonId, type AgentId, type ApprovalId, type ConnectionId, type DelegationId, type PersonId, type SessionId,
} from '../../../model/ids.ts'

const FORM = 'it is no id of this kind'
const REST = '[A-Za-z0-9_-]{1,64}'

/** `agent:pr-reviewer`. */
export const agentId = z.string().max(80).refine((text): text is AgentId => parseAgentId(text) !== undefined, FORM)
  .openapi({ pattern: '^agent:[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$', example: 'agent:pr-reviewer' })
/** `user:alice@acme.com`. */
export const personId = z.string().max(260).refine((text): text is PersonId => parsePersonId(text) !== undefined, FORM)
  .openapi({ pattern: '^user:[!-~]{1,254}$', example: 'user:alice@acme.com' })
/** `dlg_…`. */
export const delegationId = z.string().max(80).refine((text): text is DelegationId => parseId('dlg', text) !== undefined, FORM)
  .openapi({ pattern: `^dlg_${REST}$`, example: 'dlg_Pb3kUuRjZb4fQvW1yT0a' })
/** `ses_…`. */
export const sessionId = z.string().max(80).refine((text): text is SessionId => parseId('ses', text) !== undefined, FORM)
  .openapi({ pattern: `^ses_${REST}$`, example: 'ses_4nV0xWkq7H2dYcS9mLfE' })
/** `con_…`. */
export const connectionId = z.string().max(80).refine((text): text is ConnectionId => parseId('con', text) !== undefined, FORM)
  .openapi({ pattern: `^con_${REST}$`, example: 'con_Rk81mZp0aTqXw3vBs6Ye' })
/** `apr_…`. */
export const approvalId = z.string().max(80).refine((text): text is ApprovalId => parseId('apr', text) !== undefined, FORM)
  .openapi({ pattern: `^apr_${REST}$`, example: 'apr_h5Lq2Wc9Vt0gNz7Dj1Uo' })
