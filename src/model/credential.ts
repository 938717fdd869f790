import type { Secret } from '../lib/secret.ts'
import type { CredentialId } from './ids.ts'

/** Where the secret stands on the request. */
export type Placement =
  /** `value` is a template with one `{credential}`: `Bearer {credential}`, `token {credential}`. */
  | { readonly in: 'header'; readonly name: string; readonly value: string }
  /** RFC 7617: base64 of `username:secret`. */
  | { readonly in: 'basic'; readonly username: string }
  | { readonly in: 'query'; readonly name: string }
  /** A path prefix with one `{credential}`, put before the judged path: `/bot{credential}`. */
  | { readonly in: 'path'; readonly prefix: string }

/** A secret and its placement, for one integration. */
export interface Credential {
  readonly id: CredentialId
  readonly integration: string
  readonly secret: Secret
  readonly placement: Placement
  /** `static` where the upstream has no short-lived credentials: told in the audit. */
  readonly lifetime: 'short' | 'static'
  /** When we stop using it (and revoke it upstream where that can be done); wall clock. Infinity for `static` without bound. */
  readonly expiresAtMs: number
  /** When the upstream itself stops accepting it, where that is later. */
  readonly upstreamExpiresAtMs: number | undefined
  /** Who confines it to the decided scopes and targets. */
  readonly narrowedBy: 'upstream' | 'proxy'
}
