import type { AgentId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { DelegatedAccess, StoredDelegation, StoredSession } from '../../store/ports/delegations.ts'

/** What a person approved on the consent screen. */
export interface GrantOrder {
  readonly agent: AgentId
  readonly person: PersonId
  readonly access: readonly DelegatedAccess[]
  /** Wall clock; cut to what the configuration and the rules allow at most. */
  readonly expiresAtMs: number
  /** The run that asks for more under the approval that it has; undefined for a new approval. */
  readonly extend: SessionId | undefined
}

/** A delegation and the session that it was approved for. */
export interface Granted {
  readonly delegation: StoredDelegation
  readonly session: StoredSession
}

/**
 * Delegations from their approval to their end: kept in the store, in the live copy that the proxy asks, and on record. A change is in force
 * here and in the proxy before its promise resolves.
 */
export interface DelegationDesk {
  /**
   * A new delegation with its first session, or what an extended one stands at now.
   * @returns undefined where the agent may not act, or the session to extend is another agent's or person's, has ended, or its delegation
   *   would grow beyond what a token can say (approve anew then)
   * @throws Fault `audit_unavailable`, `authority_unavailable` (too many are active); TypeError where nothing was approved
   */
  grant(order: GrantOrder): Promise<Granted | undefined>
  /** A further session of a delegation that is good. @returns undefined where it is not */
  startSession(delegation: DelegationId): Promise<StoredSession | undefined>
  /** The session and its delegation, as they stand; undefined where either has ended. */
  live(session: SessionId): Promise<Granted | undefined>
  /** A new session secret, in the place of the one before: `ses_….SECRET`. @returns undefined where the session has ended */
  newSessionSecret(session: SessionId): Promise<string | undefined>
}
