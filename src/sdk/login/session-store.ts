/** What a session is kept as. All of it is secret: who has it can act as the agent for the person. */
export interface StoredSession {
  readonly issuer: string
  readonly clientId: string
  /** What was asked for; another request does not take up this session. */
  readonly asked: string
  readonly accessToken: string
  readonly expiresAtMs: number
  /** Good once; undefined where the authority gave none. */
  readonly refreshToken: string | undefined
  readonly scope: string
  readonly authorizationDetails: readonly unknown[]
}

/** Where a program keeps its session: a file that only it can read, or a secret store. */
export interface SessionStore {
  /** @returns undefined where none is kept */
  load(): Promise<StoredSession | undefined>
  /** Replaces what is kept; settled before the new tokens are used, since the old ones are then worth nothing. */
  save(session: StoredSession): Promise<void>
  /** Forgets what is kept. */
  clear(): Promise<void>
}
