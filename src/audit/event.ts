import type { Code } from '../model/codes.ts'
import type { LayerEffect } from '../model/decision.ts'
import type { Access } from '../model/operation.ts'

/** Stable event codes; a code is never renamed or given another meaning. */
export type EventCode =
  | 'credential.issued' | 'credential.denied' | 'credential.expired' | 'credential.revoked' | 'credential.released'
  | 'api.started' | 'api.call' | 'api.denied'
  | 'agent.registered' | 'agent.changed' | 'agent.revoked' | 'agent.restored'
  | 'delegation.requested' | 'delegation.granted' | 'delegation.denied' | 'delegation.revoked' | 'delegation.restored' | 'delegation.expired'
  | 'delegation.extended' | 'delegation.narrowed' | 'delegation.replayed'
  | 'connection.created' | 'connection.renewed' | 'connection.revoked' | 'connection.denied' | 'connection.reauth_required'
  | 'approval.requested' | 'approval.granted' | 'approval.denied' | 'approval.expired'
  | 'token.issued' | 'token.denied' | 'token.revoked'
  | 'policy.loaded' | 'policy.rejected'
  | 'session.started' | 'session.ended' | 'session.restored'
  | 'admin.signed_in' | 'admin.sign_in_denied' | 'admin.signed_out' | 'admin.denied' | 'admin.exported'
  | 'admin.break_glass_requested' | 'admin.break_glass_granted' | 'admin.break_glass_denied' | 'admin.break_glass_used' | 'admin.break_glass_ended'
  | 'admin.key_rotated'
  | 'admin.started' | 'admin.stopped' | 'admin.audit_recovered' | 'admin.config_loaded' | 'admin.config_rejected'

/**
 * What happened, as a stage or the authority tells it; the audit log adds `v`, `seq`, `id`, `ts` and `prev`.
 * Never a header value, a body, a query value or a secret. Undefined fields are left out of the line.
 */
export interface AuditEvent {
  readonly event: EventCode
  readonly agent?: { readonly id: string; readonly name: string } | undefined
  readonly user?: { readonly id: string; readonly name: string | undefined } | undefined
  /** The agent that acted on `agent`'s behalf with what it exchanged its token for: an MCP server. */
  readonly via?: string | undefined
  /** Who did it, where that is neither the agent nor the person it acts for: an operator, `config`, `system`. */
  readonly by?: string | undefined
  readonly delegation?: string | undefined
  readonly session?: string | undefined
  readonly identified_by?: string | undefined
  /** Ties `api.started` to the `api.call` or `api.denied` that completes it. */
  readonly exchange?: string | undefined
  readonly integration?: string | undefined
  readonly operation?: string | undefined
  readonly access?: Access | undefined
  readonly scopes?: readonly string[] | undefined
  /** One target, or several joined by a comma; `?` where unresolved. */
  readonly target?: string | undefined
  readonly expires_in?: string | undefined
  readonly upstream_expires_at?: string | undefined
  readonly lifetime?: 'static' | undefined
  readonly credential?: string | undefined
  readonly connection?: string | undefined
  readonly approval?: string | undefined
  readonly policy_evaluation?: {
    readonly org_policy: LayerEffect
    readonly user_consent: LayerEffect
    readonly agent_permissions: LayerEffect
  } | undefined
  readonly rule?: string | undefined
  /** `policies/org.yaml:12`. */
  readonly rule_at?: string | undefined
  readonly decision?: string | undefined
  readonly policy_hash?: string | undefined
  readonly narrowed_by?: 'upstream' | 'proxy' | undefined
  readonly http?: HttpFacts | undefined
  /** `ok`, `denied`, `failed` (a fault before the answer), `aborted` (cut by either side), `revoked` (cut by us). */
  readonly outcome: 'ok' | 'denied' | 'failed' | 'aborted' | 'revoked'
  readonly code?: Code | undefined
  /** How many refusals this one record stands for; undefined for one. */
  readonly count?: number | undefined
  /** One sentence for the ops person: which layer, what was missing, what to change. */
  readonly reason?: string | undefined
  readonly trace_id?: string | undefined
}

export interface HttpFacts {
  readonly method: string
  readonly host: string
  /** The path as judged, before any credential was placed; bounded; without the query. */
  readonly path: string
  readonly status?: number | undefined
  readonly bytes_in?: number | undefined
  readonly bytes_out?: number | undefined
  /** Of a WebSocket, in its first close frame (RFC 6455 section 7.4); left out where there was none. */
  readonly close_code?: number | undefined
  /** How often the credential stood in the answer and was blotted out of it; left out where it did not. */
  readonly scrubbed?: number | undefined
  readonly duration_ms?: number | undefined
}
