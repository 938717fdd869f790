/** One run of an agent for a person, with tokens that are renewed as they are needed. Nothing of it prints a secret. */
export interface Session {
  /**
   * A delegation token that is good for a while yet, for `require()` and the proxy; renewed first where it is near its end.
   * @throws DelegationEndedError once the session is over: ask the person again, by `login()`
   */
  accessToken(options?: { readonly signal?: AbortSignal }): Promise<string>
  /**
   * The same, but a new one in any case: once the person has approved more, which the present token does not say yet.
   * @throws DelegationEndedError; UnavailableError where there is no new one to be had now
   */
  renew(options?: { readonly signal?: AbortSignal }): Promise<string>
  /** When the present token ends, by this machine's clock. */
  readonly expiresAt: Date
  /** What the person approved: `github:pulls:read slack:chat:write`. */
  readonly scope: string
  /** The same with targets, as the authority told it. */
  readonly authorizationDetails: readonly unknown[]
  /** Is told after each renewal, once the new tokens are kept. @returns what ends it */
  onRenewed(listener: () => void): () => void
  /**
   * Ends the session at the authority (RFC 7009), for good, and forgets it here in any case.
   * @throws UnavailableError where the authority could not be told: call it again
   */
  logout(): Promise<void>
}
