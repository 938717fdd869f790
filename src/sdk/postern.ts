import type { Credential, Delivery, IntegrationName, RequireOptions, TokenSource } from './credential.ts'

/** An agent's way to credentials: one authority, one client. */
export interface Postern {
  /** Where people sign in and approve: no link that leads anywhere else is the authority's. */
  readonly authorityUrl: string
  /**
   * Trades a delegation token (or a session's secret, `ses_…`) for a credential at one integration (RFC 8693), judged anew at each call.
   * Identical calls that are under way share one request; nothing is kept afterwards.
   * @throws ConsentRequiredError, ConnectionRequiredError, PolicyDeniedError, AgentRevokedError and the other errors of this package;
   * the reason of `signal` where that ended the wait
   */
  require<D extends Delivery = 'proxied'>(integration: IntegrationName, token: TokenSource, options?: RequireOptions<D>): Promise<Credential<D>>
}
