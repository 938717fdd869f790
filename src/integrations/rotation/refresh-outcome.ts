import type { ConnectionTokens } from '../../store/ports/connections.ts'

/** What takes the place of the stored tokens; without scopes those that are stored stay. */
export interface Successor {
  readonly tokens: ConnectionTokens
  readonly scopes: readonly string[] | undefined
}

/** How a refresh ended at the upstream. `reason` is for log and audit: the upstream's own error code at most. */
export type RefreshOutcome =
  | { readonly kind: 'rotated'; readonly successor: Successor }
  /** The upstream says that the refresh token is no good. */
  | { readonly kind: 'dead'; readonly reason: string }
  /** The upstream certainly did not use the refresh token up. */
  | { readonly kind: 'not_processed'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** The upstream may have used it up: no answer, or one that does not say. */
  | { readonly kind: 'unknown'; readonly reason: string }
