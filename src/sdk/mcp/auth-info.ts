import type { ConsentedAccess } from './token-claims.ts'

/** Who calls, and for whom: what a verified delegation token says beyond OAuth's own words. */
export interface CallerFacts {
  /** `agent:pr-reviewer`: who calls. */
  readonly agent: string
  /** `user:alice@acme.com`: on whose behalf. */
  readonly person: string
  /** `dlg_…`. */
  readonly delegation: string
  /** `ses_…`: this run. */
  readonly session: string
  /** What the person approved, by integration. */
  readonly access: readonly ConsentedAccess[]
}

/** A verified token as both MCP SDKs take it: v1 hands it to tools as `authInfo`, v2 as `ctx.http.authInfo`. */
export interface PosternAuthInfo {
  /** The token itself, for `require()`. */
  token: string
  clientId: string
  /** `github:pulls:read`. */
  scopes: string[]
  /** Seconds since the epoch. */
  expiresAt: number
  resource: URL
  extra: { [name: string]: unknown } & CallerFacts
}
