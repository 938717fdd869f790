/** What kinds of records there are; each lives until its time is over and is then forgotten. */
export type RecordKind =
  /** oidc-provider's own models: `oauth:RefreshToken`, `oauth:AuthorizationCode`, `oauth:Grant` … */
  | `oauth:${string}`
  | 'browser_session' | 'login_state' | 'consent' | 'connect_state' | 'dpop_jti' | 'stand_in_token' | 'cli_login'
  /** Since when a person's sign-ins are over; by the person's id. */
  | 'sign_out'

/** A record whose name is a secret: a token, a code, a cookie's value. */
export interface NewRecord {
  readonly kind: RecordKind
  /** May be a secret itself: adapters keep a keyed digest of it only. */
  readonly id: string
  /** JSON; may hold secrets: adapters keep it sealed. At most 256 KiB. */
  readonly payload: Readonly<Record<string, unknown>>
  /** Wall clock. */
  readonly expiresAtMs: number
  /** All records of one grant can be removed together. */
  readonly grant?: string | undefined
  /** Second names, kept as digests, too. */
  readonly uid?: string | undefined
  readonly userCode?: string | undefined
}

export interface ShortLivedRecord {
  readonly payload: Readonly<Record<string, unknown>>
  readonly expiresAtMs: number
  /** Wall clock; undefined while it was never consumed. */
  readonly consumedAtMs: number | undefined
  /** Whether a successor was stored for it. */
  readonly succeeded: boolean
  /** What `putSuccessor` left for whoever shows the old name again. */
  readonly successor: string | undefined
}

/** The consumed record that another takes the place of. */
export interface Predecessor {
  readonly kind: RecordKind
  readonly id: string
  readonly holder: string
  readonly note: string
}

/** How large a record's payload may be, as JSON in UTF-8. */
export const MAX_PAYLOAD_BYTES = 256 * 1024

/** `first`: this call consumed it. `taken_over`: an earlier one did, left no successor, and its lease is over. `consumed`: too late. */
export type Consumption = 'first' | 'taken_over' | 'consumed' | 'missing'

/**
 * Codes, tokens, browser sessions and other things with an end. Changes are atomic and durable before their promise resolves.
 * What is over is never given out, whether it was swept yet or not. All methods throw StoreError.
 */
export interface ShortLived {
  /** The same kind and id again replaces payload, end and second names, but not what was consumed. @throws TypeError for a payload over its bound */
  put(record: NewRecord): Promise<void>
  /** Only where there is none of this kind and id, and its time is not over. @returns whether it was stored: a replayed one is not */
  putNew(record: NewRecord): Promise<boolean>
  find(kind: RecordKind, id: string): Promise<ShortLivedRecord | undefined>
  findByUid(kind: RecordKind, uid: string): Promise<ShortLivedRecord | undefined>
  findByUserCode(kind: RecordKind, userCode: string): Promise<ShortLivedRecord | undefined>
  /**
   * Compare-and-set: of all callers, in all processes, one is `first`.
   * @param holder names this attempt
   * @param leaseMs how long the attempt before may take to store its successor; undefined where nothing is ever taken over
   */
  consume(kind: RecordKind, id: string, holder: string, leaseMs?: number): Promise<Consumption>
  /**
   * Stores a record that takes the place of a consumed one: only where this holder consumed it last, no successor is there, and neither is over.
   * @param note kept with the old record (`successor`); sealed by the caller where it is a secret
   * @returns whether it was stored
   */
  putSuccessor(record: NewRecord, predecessor: Predecessor): Promise<boolean>
  remove(kind: RecordKind, id: string): Promise<void>
  removeByGrant(grant: string): Promise<void>
  /** Forgets what is over. @returns how many were forgotten, at most `limit` */
  sweep(nowMs: number, limit: number): Promise<number>
}
