import type { AuditEvent } from '../../audit/event.ts'
import { decisionFacts, principalFacts, targetText } from '../../audit/facts.ts'
import type { CredentialOrder } from '../../integrations/issuer.ts'
import type { Code } from '../../model/codes.ts'
import type { Credential } from '../../model/credential.ts'
import type { Denial } from '../../model/denial.ts'
import type { CredentialId } from '../../model/ids.ts'

/** Why a credential is over. */
export type EndReason = 'expired' | 'revoked' | 'rejected' | 'evicted' | 'refused' | 'unrecorded' | 'unreleasable' | 'late' | 'shutdown' | 'leftover'

const WORDS: Readonly<Record<EndReason, string>> = {
  expired: 'its time is over',
  revoked: 'its agent, delegation, session or connection was revoked',
  rejected: 'the upstream did not accept it',
  evicted: 'it made room for credentials used more lately',
  refused: 'the upstream refused to renew it',
  unrecorded: 'it could not be recorded and was not handed out',
  unreleasable: 'the upstream could not confine it, and it was not released',
  late: 'it came too late and was not handed out',
  shutdown: 'the authority shuts down',
  leftover: 'it was left over from an earlier run',
}

/** `credential.issued`: what was made, for whom, for which operation; `credential.released` where the agent itself gets the secret. */
export function issuedRecord(order: CredentialOrder, credential: Credential, nowMs: number): AuditEvent {
  return {
    event: order.delivery === 'released' ? 'credential.released' : 'credential.issued',
    ...orderFields(order),
    ...(Number.isFinite(credential.expiresAtMs) ? { expires_in: `${Math.round((credential.expiresAtMs - nowMs) / 1000)}s` } : {}),
    ...upstreamEnd(credential),
    lifetime: credential.lifetime === 'static' ? 'static' : undefined,
    credential: credential.id,
    narrowed_by: credential.narrowedBy,
    outcome: 'ok',
  }
}

/** `credential.denied`: the issuer refused, or the principal had been revoked. */
export function deniedRecord(order: CredentialOrder, denial: Denial): AuditEvent {
  return { event: 'credential.denied', ...orderFields(order), outcome: 'denied', code: denial.denial, reason: denial.detail }
}

/** `credential.denied` with outcome `failed`: something broke before there was a credential. */
export function failedRecord(order: CredentialOrder, code: Code, reason: string): AuditEvent {
  return { event: 'credential.denied', ...orderFields(order), outcome: 'failed', code, reason }
}

/** What is over; `order` is unknown for a leftover. */
export interface Ended {
  readonly id: CredentialId
  readonly integration: string
  readonly order: CredentialOrder | undefined
  readonly upstreamExpiresAtMs: number | undefined
}

/** How ending it at the upstream went. */
export type UpstreamOutcome = 'ended' | 'not_supported' | 'failed'

/** `credential.expired` (ended by time) or `credential.revoked` (ended by will). */
export function endedRecord(ended: Ended, why: EndReason, upstream: UpstreamOutcome): AuditEvent {
  return {
    event: why === 'expired' ? 'credential.expired' : 'credential.revoked',
    ...(ended.order === undefined ? { integration: ended.integration } : orderFields(ended.order)),
    ...(upstream === 'ended' ? {} : upstreamEnd(ended)),
    credential: ended.id,
    outcome: upstream === 'failed' ? 'failed' : 'ok',
    reason: `${WORDS[why]}; ${upstreamWords(upstream)}`,
  }
}

function upstreamWords(upstream: UpstreamOutcome): string {
  switch (upstream) {
    case 'ended':
      return 'ended at the upstream'
    case 'not_supported':
      return 'the upstream has no way to end it earlier'
    case 'failed':
      return 'the upstream could not be brought to end it'
  }
}

function upstreamEnd({ upstreamExpiresAtMs }: { readonly upstreamExpiresAtMs: number | undefined }): Pick<AuditEvent, 'upstream_expires_at'> {
  return upstreamExpiresAtMs === undefined ? {} : { upstream_expires_at: new Date(upstreamExpiresAtMs).toISOString() }
}

function orderFields(order: CredentialOrder): Partial<AuditEvent> {
  return {
    ...principalFacts(order.principal),
    integration: order.integration,
    ...(order.authority === 'person' ? { connection: order.principal.delegation?.standing?.connections[order.integration] } : {}),
    operation: order.operation,
    scopes: order.scopes,
    target: targetText(order.targets),
    ...decisionFacts(order.decision),
  }
}
