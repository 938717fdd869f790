import type { AuditEvent } from '../../../src/audit/event.ts'

/** A call as the pipeline records it, with every field that one has. */
export function callEvent(exchange: string, extra: Partial<AuditEvent> = {}): AuditEvent {
  return {
    event: 'api.call',
    agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer' },
    user: { id: 'user:alice@acme.com', name: 'Alice Chen' },
    delegation: 'dlg_1',
    session: 'ses_1',
    identified_by: 'mtls',
    exchange,
    integration: 'github',
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    access: 'read',
    scopes: ['pulls:read'],
    target: 'acme/backend',
    expires_in: '600s',
    credential: 'crd_1',
    policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'allow' },
    rule: 'pr-reviewer/review',
    rule_at: 'policies/pr-reviewer.yaml:4',
    policy_hash: 'sha256:abc',
    narrowed_by: 'upstream',
    http: { method: 'GET', host: 'api.github.com', path: '/repos/acme/backend/pulls/42', status: 200, bytes_out: 5120, duration_ms: 41 },
    outcome: 'ok',
    trace_id: '4bf92f35',
    ...extra,
  }
}
