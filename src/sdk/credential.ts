/** An integration's name as the authority is configured; those that Postern knows by itself are suggested. */
export type IntegrationName = 'github' | 'slack' | 'linear' | (string & {})

/** `proxied`: a stand-in, good through the proxy alone. `released`: the upstream's own credential, where an organisation rule lets it leave. */
export type Delivery = 'proxied' | 'released'

/** A token, or what gives one: asked anew at each call. */
export type TokenSource = string | (() => string | Promise<string>)

/** What of an integration is asked for. */
export interface RequireOptions<D extends Delivery = 'proxied'> {
  /** In the integration's words, `pulls:read`: one, several, or several separated by spaces. Left out: all that is approved and allowed. */
  readonly scope?: string | readonly string[]
  /** `acme-corp/backend`, `#engineering`: one or several. Left out: all that is approved. */
  readonly target?: string | readonly string[]
  /** Default `proxied`. */
  readonly delivery?: D
  /** Ends the wait of this caller, with the signal's reason; others who wait for the same are not disturbed. */
  readonly signal?: AbortSignal
}

/** What `require()` gives: short-lived, for one integration, and no more than was asked for. It shows no secret when it is logged or serialised. */
export interface Credential<D extends Delivery = Delivery> {
  /** What clients take as their token. */
  readonly accessToken: string
  /** `Bearer`; `DPoP` for one that is bound to a key. */
  readonly tokenType: string
  /** The whole value of an `Authorization` header. */
  readonly authorization: string
  /** Seconds, as in OAuth. Undefined for an upstream's credential that does not end by itself. */
  readonly expiresIn: D extends 'proxied' ? number : number | undefined
  /** By this machine's clock. */
  readonly expiresAt: D extends 'proxied' ? Date : Date | undefined
  /** What it is good for, `github:pull_requests:read`, separated by spaces. */
  readonly scope: string
  /** At which targets, as patterns. */
  readonly targets: readonly string[]
  readonly integration: string
  /** Where it can be used: the proxy's address of the integration, or the upstream's own for a released one. Without a slash at its end. */
  readonly baseUrl: string
  readonly delivery: D
}
