import type { ClientAuth } from './oauth/client-auth.ts'

/** Which authority, and as which client of it. */
export interface ClientOptions {
  /** The authority's address, which is also its issuer: `https://postern.acme.com`. Plain http on this machine alone. */
  readonly authorityUrl: string
  /** The agent's name at the authority: `pr-reviewer` for `agent:pr-reviewer`. */
  readonly clientId: string
  /** How the client proves itself. Default: it does not, as public clients. */
  readonly clientAuth?: ClientAuth
  /** In place of the global one; with `createTlsFetch` for a client certificate or a private CA. */
  readonly fetch?: typeof globalThis.fetch
  /** For one request to the authority with its repetitions. Default 30 000. */
  readonly timeoutMs?: number
  /** Lets tokens and secrets travel over plain http to other machines, where anybody on the way can read them. */
  readonly unsafe_plainHttp?: boolean
}

/** Options that were checked. */
export interface ClientSettings {
  /** Without a slash at its end. */
  readonly issuer: string
  readonly clientId: string
  readonly clientAuth: ClientAuth
  readonly timeoutMs: number
}
