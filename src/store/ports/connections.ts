import type { Secret } from '../../lib/secret.ts'
import type { ConnectionId, PersonId } from '../../model/ids.ts'

/** Whose authorisation a connection is. */
export type ConnectionOwner = PersonId | 'organisation'

/** `reauth_required`: only a person can renew it. `revoked`: ended by will; nothing brings it back but new tokens. */
export type ConnectionState = 'active' | 'reauth_required' | 'revoked'

/** The account at the upstream that an authorisation is of. */
export interface ConnectionAccount {
  readonly id: string
  /** `alice-chen`, `Acme (T01234)`. */
  readonly name: string
}

/** The secret material of one authorisation. */
export interface ConnectionTokens {
  readonly accessToken: Secret | undefined
  /** Wall clock; undefined where it does not expire or there is none yet. */
  readonly accessExpiresAtMs: number | undefined
  readonly refreshToken: Secret | undefined
}

/** A refresh that was begun and not yet told to have ended: written before the upstream is called. */
export interface RefreshIntent {
  /** Names the process that refreshes, for log only. */
  readonly holder: string
  readonly startedAtMs: number
  /** Until then nobody else refreshes; wall clock. */
  readonly leaseUntilMs: number
  /** An attempt ended without an answer (crash, broken connection): the upstream may have used the refresh token up. */
  readonly unfinished: boolean
}

/** One person's or the organisation's stored authorisation at one integration. */
export interface Connection {
  readonly id: ConnectionId
  readonly integration: string
  readonly owner: ConnectionOwner
  /** Tells several connections of one owner at one integration apart. */
  readonly label: string
  /** Who it is at the upstream, as the upstream's own id and what people call it; undefined where it did not say. */
  readonly account: ConnectionAccount | undefined
  /** What the upstream granted, in its own words; empty until it said so. */
  readonly scopes: readonly string[]
  readonly tokens: ConnectionTokens
  /** Fingerprints of the initial tokens that were ever taken from configuration. */
  readonly imported: readonly string[]
  readonly state: ConnectionState
  /** One sentence for the ops person; undefined while active. */
  readonly stateReason: string | undefined
  readonly intent: RefreshIntent | undefined
  /** Rises with every change. */
  readonly version: number
  /** Rises whenever the tokens are replaced. */
  readonly generation: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What makes a connection unique. */
export type ConnectionKey = Pick<Connection, 'integration' | 'owner' | 'label'>

export type NewConnection = ConnectionKey & Pick<Connection, 'scopes' | 'tokens' | 'imported'> & Partial<Pick<Connection, 'account'>>

/** Tokens that take the place of the stored ones; without `account` the one that is stored stays. */
export type TokenReplacement = Pick<Connection, 'scopes' | 'tokens'> & Partial<Pick<Connection, 'account'>>

/**
 * How a refresh failed.
 * - `not_processed`: the upstream certainly did not use the refresh token up;
 * - `unknown`: it may have;
 * - `dead`: it says the refresh token is no good.
 */
export type RefreshFailure =
  | { readonly outcome: 'not_processed' | 'unknown' }
  | { readonly outcome: 'dead'; readonly reason: string }

/**
 * The stored connections. Every change is atomic and durable before its promise resolves; one that lost a race changes nothing and gives
 * undefined. All methods throw StoreError.
 */
export interface Connections {
  get(id: ConnectionId): Promise<Connection | undefined>
  find(key: ConnectionKey): Promise<Connection | undefined>
  /** In order of creation; of one owner where one is named. */
  list(owner?: ConnectionOwner): Promise<readonly Connection[]>
  /** @returns the new connection, or the one that has this key already, unchanged */
  create(connection: NewConnection): Promise<Connection>
  /**
   * Takes the right to refresh: only where the version is still this, the state is active, and no other lease runs.
   * The intent stands in the store before the promise resolves; what an earlier one left is taken over as `unfinished`.
   */
  beginRefresh(id: ConnectionId, version: number, holder: string, leaseMs: number): Promise<Connection | undefined>
  /**
   * Stores the successor: only where the tokens are still those of this generation, and the connection is not revoked. A connection that
   * another process gave up in the meantime, since this answer was late, is active again.
   */
  completeRefresh(id: ConnectionId, generation: number, successor: TokenReplacement): Promise<Connection | undefined>
  /** Ends the attempt that `beginRefresh` answered with this version. `dead` makes the connection `reauth_required`. */
  failRefresh(id: ConnectionId, version: number, failure: RefreshFailure): Promise<Connection | undefined>
  /** A person or the configuration brought new tokens: active again, whatever it was, where the version is still this. */
  replaceTokens(
    id: ConnectionId, version: number, tokens: TokenReplacement, imported: string | undefined,
  ): Promise<Connection | undefined>
  /** Ends it by will and forgets its tokens; idempotent. */
  revoke(id: ConnectionId, reason: string): Promise<Connection | undefined>
}
