import type { Secret } from '../lib/secret.ts'
import type { ConnectionAccount, ConnectionTokens } from '../store/ports/connections.ts'
import type { RefreshOutcome } from './rotation/refresh-outcome.ts'

/** One person's way to an upstream's own consent page. */
export interface AuthorizeWish {
  readonly redirectUri: string
  readonly state: string
  /** RFC 7636, S256; sent where the upstream offers it. */
  readonly codeChallenge: string
}

/** What came back with the person's browser, ready to be traded. */
export interface CodeGrant {
  readonly code: Secret
  readonly redirectUri: string
  readonly codeVerifier: Secret
}

/** What an upstream gave for a code. */
export interface Granted {
  readonly tokens: ConnectionTokens
  /** In the upstream's own words; where it said nothing, what was asked for (RFC 6749 section 5.1). */
  readonly scopes: readonly string[]
}

/**
 * How trading a code ended. `reason` is for log and audit: the upstream's own error code at most.
 * - `refused`: the upstream says no: a code that is not good, or settings that do not fit;
 * - `unavailable`: no answer, or one that does not say.
 */
export type CodeOutcome =
  | { readonly kind: 'granted'; readonly granted: Granted }
  | { readonly kind: 'refused' | 'unavailable'; readonly reason: string }

/** Whose a token is. `dead`: the upstream does not accept it any more. `unsaid`: it has no way to tell. */
export type AccountOutcome = { readonly kind: 'account'; readonly account: ConnectionAccount } | { readonly kind: 'dead' | 'unsaid' }

/**
 * How people connect their accounts at one upstream. Answers are normalised here: form or JSON, nested tokens, refusals with 200, commas
 * between scopes. All calls go through the guarded `UpstreamHttp` and are never tried twice.
 */
export interface UpstreamOauth {
  /** `GitHub`. */
  readonly title: string
  /** What a person is asked for there; empty where the upstream's own settings say it. */
  readonly scopes: readonly string[]
  /** RFC 9207: what `iss` has to be; undefined where the upstream is not known to send it. */
  readonly issuer: string | undefined
  /** Where its consent page is. */
  readonly authorizeOrigin: string
  authorizeUrl(wish: AuthorizeWish): string
  /** Where an app is installed on an account, beside the person's consent; undefined where there is no such thing. */
  readonly installUrl: ((state: string) => string) | undefined
  /** Trades a code, once. Never throws but for misuse. */
  exchange(grant: CodeGrant, signal: AbortSignal): Promise<CodeOutcome>
  refresh(refreshToken: Secret, signal: AbortSignal): Promise<RefreshOutcome>
  /** @throws Fault `credential_unavailable` */
  account(accessToken: Secret, signal: AbortSignal): Promise<AccountOutcome>
  /**
   * Ends an authorisation at the upstream; idempotent. Undefined where the upstream cannot.
   * @param shared others of ours use the same account: no more than these tokens may end
   * @throws Fault `credential_unavailable`
   */
  readonly revoke: ((tokens: ConnectionTokens, shared: boolean, signal: AbortSignal) => Promise<void>) | undefined
}
