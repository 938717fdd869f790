import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'

/** Whose will it was. */
export interface RevokedBy {
  /** `user:ops@acme.com`, `config`, `system`. */
  readonly by: string
  readonly reason: string | undefined
}

/** What a revocation did, and where. */
export interface RevocationReport {
  /** `agent:issue-triage`, `dlg_…`, `ses_…`, `con_…`, `user:alice@acme.com`. */
  readonly revoked: string
  /** False where it was revoked before: nothing was done again. */
  readonly changed: boolean
  readonly delegations: readonly DelegationId[]
  readonly sessions: readonly SessionId[]
  readonly connections: readonly ConnectionId[]
  /** Credentials that were dropped, and how many of them the upstream was told of; the rest live until they expire there. */
  readonly credentials: readonly CredentialEnds[]
  /** Open streams and tunnels that were cut. */
  readonly streamsCut: number
  /** What was not done, in one sentence each: an upstream that cannot revoke, one that did not answer. */
  readonly left: readonly string[]
}

export interface CredentialEnds {
  readonly integration: string
  readonly dropped: number
  readonly revokedUpstream: number
}

/**
 * Takes back: one agent, delegation, session, connection, or all that one person gave. In force in the proxy (no new call, open streams cut)
 * before the promise resolves; the upstreams are told within a bound. Others notice nothing. Undefined where there is no such thing.
 */
export interface Revoker {
  agent(id: AgentId, by: RevokedBy): Promise<RevocationReport | undefined>
  /** @returns false where it is not revoked; `configuration` where the configuration's file revokes it, which only that file can undo */
  restoreAgent(id: AgentId, by: RevokedBy): Promise<boolean | 'configuration' | undefined>
  delegation(id: DelegationId, by: RevokedBy): Promise<RevocationReport | undefined>
  session(id: SessionId, by: RevokedBy): Promise<RevocationReport | undefined>
  connection(id: ConnectionId, by: RevokedBy): Promise<RevocationReport | undefined>
  /** Delegations, sessions and connections, and every sign-in, in browsers and on command lines; the person can sign in and approve anew. */
  person(id: PersonId, by: RevokedBy): Promise<RevocationReport>
}
