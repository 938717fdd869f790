import type { AgentId, ConnectionId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { Page, PageWish } from './page.ts'

/** What was approved at one integration, and by which connection it is carried out. */
export interface DelegatedAccess extends ConsentDetail {
  /** Undefined where the organisation's authority serves this integration. */
  readonly connection: ConnectionId | undefined
}

export type DelegationState = 'active' | 'revoked' | 'expired'

/** One person's approval of one agent. */
export interface StoredDelegation {
  readonly id: DelegationId
  readonly agent: AgentId
  readonly person: PersonId
  readonly access: readonly DelegatedAccess[]
  readonly state: DelegationState
  readonly createdAtMs: number
  /** Wall clock; an active one whose time is over is as good as expired. */
  readonly expiresAtMs: number
  readonly endedAtMs: number | undefined
  /** `user:alice@acme.com`, `system`. */
  readonly endedBy: string | undefined
  readonly endReason: string | undefined
  readonly version: number
}

/** One run of an agent under one delegation. */
export interface StoredSession {
  readonly id: SessionId
  readonly delegation: DelegationId
  readonly agent: AgentId
  readonly person: PersonId
  readonly startedAtMs: number
  readonly expiresAtMs: number
  readonly endedAtMs: number | undefined
  /** `revoked`, `expired`, `replayed`, `signed_out` … in one word or sentence. */
  readonly endReason: string | undefined
  /** SHA-256 of the whole session secret (`ses_….SECRET`), base64url. */
  readonly secretDigest: string | undefined
}

export interface NewDelegation extends Pick<StoredDelegation, 'id' | 'agent' | 'person' | 'access' | 'expiresAtMs'> {
  /** The session that it begins with. */
  readonly session: SessionId
  /** Until when that session runs at most, wall clock; undefined for as long as the delegation. */
  readonly sessionExpiresAtMs?: number | undefined
}

export interface DelegationFilter {
  readonly person?: PersonId | undefined
  readonly agent?: AgentId | undefined
  readonly state?: DelegationState | undefined
}

export interface SessionFilter {
  readonly delegation?: DelegationId | undefined
  readonly person?: PersonId | undefined
  readonly agent?: AgentId | undefined
  /** Only those that have not ended. */
  readonly running?: boolean | undefined
}

/** What the end of a delegation took with it. */
export interface EndedDelegation {
  readonly delegation: StoredDelegation
  /** The sessions that ended by it, each once. */
  readonly sessions: readonly SessionId[]
  /** False where it had ended before: nothing was changed. */
  readonly changed: boolean
}

/**
 * Delegations and their sessions. Every change is atomic and durable before its promise resolves; one that has ended never comes back.
 * All methods throw StoreError.
 */
export interface Delegations {
  /** With its first session, which may run as long as the delegation, in one. @throws StoreError where one of the ids was ever used */
  create(delegation: NewDelegation): Promise<StoredDelegation>
  get(id: DelegationId): Promise<StoredDelegation | undefined>
  /** Newest first. */
  list(filter: DelegationFilter, page: PageWish): Promise<Page<StoredDelegation>>
  /** What stands approved from now on. @returns undefined where the version is another by now, or it has ended, or its time is over */
  change(id: DelegationId, version: number, access: readonly DelegatedAccess[], expiresAtMs: number): Promise<StoredDelegation | undefined>
  /** Ends it and all its sessions (their `endReason` is the state), in one. Idempotent. @returns undefined where there is no such delegation */
  end(id: DelegationId, state: 'revoked' | 'expired', by: string, reason: string | undefined): Promise<EndedDelegation | undefined>
  /** Active ones whose time was over at this moment; at most `limit`. */
  overdue(nowMs: number, limit: number): Promise<readonly StoredDelegation[]>

  /** A further session. @returns undefined where the delegation has ended, or its time is over */
  startSession(delegation: DelegationId, id: SessionId, expiresAtMs: number): Promise<StoredSession | undefined>
  session(id: SessionId): Promise<StoredSession | undefined>
  /** Newest first. */
  sessions(filter: SessionFilter, page: PageWish): Promise<Page<StoredSession>>
  /** Puts a session secret in the place of the one before. @returns false where the session has ended, or its time is over */
  setSessionSecret(id: SessionId, digest: string): Promise<boolean>
  /** @returns false where it had ended before, or never was */
  endSession(id: SessionId, reason: string): Promise<boolean>
  /** Running ones whose time was over at this moment; at most `limit`. */
  overdueSessions(nowMs: number, limit: number): Promise<readonly StoredSession[]>
  /**
   * Forgets delegations, with their sessions, and sessions that had ended before this moment (see `HISTORY_KEPT_MS`); what has not ended stays.
   * @returns how many delegations and sessions were forgotten; at most `limit` of each kind, and the sessions of those delegations
   */
  forgetEnded(beforeMs: number, limit: number): Promise<number>
}
