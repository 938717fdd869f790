import type { ConfiguredAgent } from '../../../src/authority/admin/agents/agent-entry.ts'
import type { AgentId, ApprovalId, ConnectionId, DelegationId, PersonId, SessionId } from '../../../src/model/ids.ts'
import type { Approval } from '../../../src/store/ports/approvals.ts'
import type { IndexedRecord } from '../../../src/store/ports/audit-index.ts'
import type { Connection } from '../../../src/store/ports/connections.ts'
import type { StoredDelegation, StoredSession } from '../../../src/store/ports/delegations.ts'
import type { Person } from '../../../src/store/ports/people.ts'
import { indexedRecord } from '../../../src/audit/indexed-record.ts'
import { Secret } from '../../../src/lib/secret.ts'

export const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
export const HOUR_MS = 3_600_000
/** In tokens of connections and in digests: to be looked for in every answer. */
export const CANARY = 'canary-4f1c'

export const REVIEWER = 'agent:pr-reviewer' as AgentId

export function person(name: string): Person {
  const id = `user:${name}@acme.com` as PersonId
  return { id, issuer: 'https://idp.acme.com', subject: name, name, email: `${name}@acme.com`, groups: [], firstSeenAtMs: 0, lastSeenAtMs: NOW_MS - 1000 }
}

export function configuredAgent(id: string, more: Partial<ConfiguredAgent> = {}): ConfiguredAgent {
  return {
    id: id as AgentId, name: 'PR Reviewer', owner: 'platform', status: 'active', spiffeId: 'spiffe://acme.com/pr-reviewer', subject: undefined,
    serviceAccount: undefined, redirectUris: ['http://127.0.0.1/callback'], publicKeyPem: undefined, ...more,
  }
}

export function delegation(id: string, owner: PersonId, more: Partial<StoredDelegation> = {}): StoredDelegation {
  return {
    id: id as DelegationId, agent: REVIEWER, person: owner, state: 'active', createdAtMs: NOW_MS - HOUR_MS, expiresAtMs: NOW_MS + HOUR_MS,
    access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/*'], connection: 'con_alice' as ConnectionId }],
    endedAtMs: undefined, endedBy: undefined, endReason: undefined, version: 3, ...more,
  }
}

export function session(id: string, of: StoredDelegation, more: Partial<StoredSession> = {}): StoredSession {
  return {
    id: id as SessionId, delegation: of.id, agent: of.agent, person: of.person, startedAtMs: of.createdAtMs, expiresAtMs: of.expiresAtMs,
    endedAtMs: undefined, endReason: undefined, secretDigest: CANARY, ...more,
  }
}

export function connection(id: string, owner: Connection['owner'], more: Partial<Connection> = {}): Connection {
  return {
    id: id as ConnectionId, integration: 'github', owner, label: 'default', account: { id: '1', name: 'alice-chen' }, scopes: ['repo'],
    tokens: { accessToken: new Secret(CANARY), accessExpiresAtMs: undefined, refreshToken: new Secret(CANARY) }, imported: [CANARY], state: 'active',
    stateReason: undefined, intent: undefined, version: 1, generation: 1, createdAtMs: NOW_MS - HOUR_MS, updatedAtMs: NOW_MS - HOUR_MS, ...more,
  }
}

export function approval(id: string, owner: PersonId | undefined, more: Partial<Approval> = {}): Approval {
  return {
    id: id as ApprovalId, kind: 'operation', key: CANARY, agent: REVIEWER, person: owner, delegation: 'dlg_alice' as DelegationId, session: undefined,
    integration: 'github', operation: 'PUT /merge', targets: ['acme-corp/backend'], text: 'PUT /repos/acme-corp/backend/pulls/42/merge', rule: 'org/merge',
    state: 'pending', askedAtMs: NOW_MS - 1000, answerByMs: NOW_MS + HOUR_MS, answeredBy: undefined, answeredAtMs: undefined, validUntilMs: undefined, ...more,
  }
}

/** A record as the index has it. */
export function record(seq: number, fields: Readonly<Record<string, unknown>>): IndexedRecord {
  const ts = new Date(NOW_MS + seq * 1000).toISOString()
  const line = JSON.stringify({ v: 1, seq, ts, event: 'api.call', id: `evt_${seq}`, prev: 'sha256:0', outcome: 'ok', ...fields })
  const indexed = indexedRecord('chn_test', line)
  if (indexed === undefined) throw new Error('no record')
  return indexed
}
